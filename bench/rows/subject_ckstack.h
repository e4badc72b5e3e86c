/* SPDX-License-Identifier: MIT */
/*
 * The subject is Concurrency Kit's stack: ck_stack_push_mpmc() and
 * ck_stack_pop_mpmc(), whose compare-and-swap of two words counts the pops, so
 * that a stack which is the same again is not taken for unchanged.  A pop may
 * read the link of an object that is lent out already; no object is freed
 * before all is over, and what it read is then thrown away.
 */
#ifndef SUBJECT_CKSTACK_H
#define SUBJECT_CKSTACK_H

#include <ck_stack.h>

#define STACK struct ck_stack
#define STACK_NAME "ckstack"
#define STACK_INIT ck_stack_init
#define STACK_DESTROY(stack) ((void)(stack))
#define STACK_PUSH ck_stack_push_mpmc
#define STACK_POP ck_stack_pop_mpmc

#include "reference_stack.h"

#endif
