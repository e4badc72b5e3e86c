/* SPDX-License-Identifier: MIT */
/*
 * Two workers of a pool: one is halted in the middle of its deeds, the other
 * one borrows and returns meanwhile.  The pool has a stock, so that the other
 * one needs no allocator.
 */
#ifndef PAIR_H
#define PAIR_H

#include <driftpool/pool.h>

#include <stdbool.h>

#define PAIR_OBJECTS 8

/* `mine` and `objects` are the halted thread's, the rest is the other one's. */
struct pair {
	struct dp_pool *pool;
	struct dp_worker *mine, *other;
	void *objects[PAIR_OBJECTS];
	void *others[PAIR_OBJECTS];
	unsigned long exchanges;
};

void pair_begin(struct pair *pair);
void pair_end(struct pair *pair);

/* Borrows and returns on the other worker, more than a cache holds. */
void pair_exchange(void *pair);

/* What one can be halted in; prepare and clean may be NULL. */
struct deed {
	const char *name;
	void (*prepare)(void *pair);
	void (*act)(void *pair);
	void (*clean)(void *pair);
	/* May it hold a lock of the allocator's or of liburcu's? */
	bool holds_others_locks;
};

extern const struct deed deeds[];
extern const size_t n_deeds;

#endif
