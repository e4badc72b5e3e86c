/* SPDX-License-Identifier: MIT */
/* The choices of an execution, and how the search makes them. */
#ifndef CHOICE_H
#define CHOICE_H

#include <stdio.h>

#include "interleave.h"

enum search {
	EXHAUSTIVE, /* all under bounds */
	PCT,        /* random priorities that change at few random steps */
	RANDOM,
	REPLAY
};

#define PCT_DEPTH_MAX 16u

/* How executions are chosen. */
struct choice_rule {
	enum search search;
	struct bounds bounds;
	unsigned depth; /* of PCT: changes of priority plus one */
	uint64_t seed;
};

extern struct choice_rule choice_rule;

/* Begins with the first execution of a search. */
void choice_search(const struct choice_rule *rule);

/* Begins an execution; `expected_steps` places PCT's changes. */
void choice_begin(unsigned expected_steps);

/* On to the next execution of an exhaustive search; false: that was all. */
bool choice_advance(void);

/* Forget what was tried: points have been added. */
void choice_restart(void);

/*
 * One of n, 0 being what happens by itself.  In a sample 0 is taken in at least
 * so many of 100.
 */
unsigned choice_take(unsigned n, unsigned percent_default);

/* Writes down what was decided elsewhere; in a replay, returns what was. */
unsigned choice_record(unsigned n, unsigned taken);

/* May this still deviate, after so many times? */
bool choice_may_preempt(unsigned preemptions);
bool choice_may_be_stale(unsigned stale);
bool choice_may_fail(unsigned spurious);

/* PCT: a new thread's priority; does this step change one, and to what? */
uint64_t choice_priority(void);
bool choice_changes_at(unsigned step, uint64_t *priority);

/* The choices as a word for --replay; reading one: false if it is none. */
void choice_print(FILE *file);
bool choice_parse(const char *word);

#endif
