/* SPDX-License-Identifier: MIT */
/*
 * Was "nothing there" true at some instant?  Threads agree on instants only as
 * far as happens-before goes.  So an instant is a cut: it holds what happened
 * before the call began, and with each change all that happened before that
 * one.  The answer is right if there is a cut at which all stacks were empty.
 */
#ifndef EMPTINESS_H
#define EMPTINESS_H

#include "checker/machine.h"
#include "shared/stack.h"

/* Of this execution, from now on: no stack is watched. */
void emptiness_begin(void);

/* In begin(): this is one of the stacks, so deep. */
void emptiness_watch(const struct stack *stack, unsigned depth);

/* A call begins; and is answered with "nothing there": fails if it was not. */
struct clock emptiness_call(void);
void emptiness_answer(const struct clock *call);

/* The first stack was so deep at an instant; fails if it was not. */
void emptiness_depth(const struct clock *call, unsigned depth);

#endif
