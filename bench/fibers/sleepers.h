/* SPDX-License-Identifier: MIT */
/* The fibers that wait on a worker: a heap, the one due first on top. */
#ifndef SLEEPERS_H
#define SLEEPERS_H

#include "fiber.h"

/*
 * Owner: the worker.  Invariant: no fiber is due before its parent, which is at
 * half its place, rounded down; places begin with 1.
 */
struct sleepers {
	struct fiber **heap; /* heap[0] is unused */
	unsigned n;
};

static inline void
sleepers_add(struct sleepers *s, struct fiber *fiber)
{
	unsigned at = ++s->n;

	for (; at > 1 && fiber->due_ns < s->heap[at / 2]->due_ns; at /= 2)
		s->heap[at] = s->heap[at / 2];
	s->heap[at] = fiber;
}

/* The one due first; NULL: nobody sleeps. */
static inline struct fiber *
sleepers_first(const struct sleepers *s)
{
	return s->n > 0 ? s->heap[1] : NULL;
}

/* pre: there is one */
static inline void
sleepers_remove_first(struct sleepers *s)
{
	struct fiber *last = s->heap[s->n--];
	unsigned at = 1;

	for (unsigned child = 2; child <= s->n; child = 2 * at) {
		if (child < s->n &&
		    s->heap[child + 1]->due_ns < s->heap[child]->due_ns)
			child++;
		if (last->due_ns <= s->heap[child]->due_ns)
			break;
		s->heap[at] = s->heap[child];
		at = child;
	}
	s->heap[at] = last;
}

#endif
