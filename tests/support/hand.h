/* SPDX-License-Identifier: MIT */
/*
 * A hand: one of the many threads of a stress.  What it does next follows from
 * the seed alone; what comes of it, from what it holds and what others do.
 */
#ifndef HAND_H
#define HAND_H

#include <sched.h>

#include "tally.h"

#define HAND_LOANS 24
#define HAND_BULK_MAX 9
#define MAILBOXES 16

/* What all hands of a stress share.  Constant while they run, but for loans. */
struct table {
	struct tally tally;
	/* Loans left by one hand for any other. */
	_Atomic(struct loan *) mailboxes[MAILBOXES];
	/* Where the process may run. */
	cpu_set_t cpus;
	/* Do hands trim?  Reserving they do as far as to_reserve goes. */
	bool trims;
};

/* Invariant: loans[0..n) are lent to it.  One thread at a time. */
struct hand {
	struct table *table;
	struct dp_worker *worker;
	uint64_t random;
	/* Of all decisions so far. */
	uint64_t digest;
	/* Objects that it may still reserve. */
	size_t to_reserve;
	size_t n;
	void *loans[HAND_LOANS + HAND_BULK_MAX + 1];
};

/* Decides n times, and does it.  pre: it has a worker, the caller's own */
void hand_work(struct hand *hand, unsigned n);

/* Returns all that it holds. */
void hand_clear(struct hand *hand);

/* Returns what lies in the mailboxes.  pre: no hand works */
void hand_clear_mailboxes(struct table *table);

#endif
