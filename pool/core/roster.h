/* SPDX-License-Identifier: MIT */
/*
 * A roster: the workers of one thread, found by their pools.  A hash table with
 * open addressing, so that a thread that uses thousands of pools finds its
 * worker as fast as one that uses two.  What is removed leaves no mark: those
 * that it had pushed on move back (Knuth, The Art of Computer Programming,
 * volume 3, 6.4, algorithm R).
 */
#ifndef ROSTER_H
#define ROSTER_H

#include <driftpool/pool.h>

#include <stdbool.h>
#include <stdlib.h>

#define ROSTER_FIRST 4u

struct roster_entry {
	struct dp_pool *pool; /* NULL: a free place */
	struct dp_worker *worker;
};

/*
 * Invariant: n <= capacity / 2, capacity a power of two, or 0 and entries NULL;
 * no pool twice; each is in the first free place from its hash on.  The
 * thread's own.
 */
struct roster {
	struct roster_entry *entries;
	size_t n;
	size_t capacity;
};

/* Where the search for a pool begins.  pre: capacity > 0 */
static inline size_t
roster_home(const struct roster *roster, const struct dp_pool *pool)
{
	/* Fibonacci hashing: pools lie at multiples of their alignment. */
	uint64_t hash = (uintptr_t)pool * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(hash >> 32) & (roster->capacity - 1);
}

static inline size_t
roster_after(const struct roster *roster, size_t place)
{
	return (place + 1) & (roster->capacity - 1);
}

/* NULL: no worker of this pool. */
static inline struct dp_worker *
roster_find(const struct roster *roster, const struct dp_pool *pool)
{
	if (roster->n == 0)
		return NULL;
	size_t i = roster_home(roster, pool);

	while (roster->entries[i].pool && roster->entries[i].pool != pool)
		i = roster_after(roster, i);
	return roster->entries[i].worker;
}

/* pre: there is room, and no worker of this pool */
static inline void
roster_add(struct roster *roster, struct dp_pool *pool,
	   struct dp_worker *worker)
{
	size_t i = roster_home(roster, pool);

	while (roster->entries[i].pool)
		i = roster_after(roster, i);
	roster->entries[i] = (struct roster_entry){ pool, worker };
	roster->n++;
}

/* Sees to it that there is room for one more.  False: out of memory. */
static inline bool
roster_prepare(struct roster *roster)
{
	if (roster->n < roster->capacity / 2)
		return true;
	struct roster more = { .capacity = roster->capacity
						   ? roster->capacity * 2
						   : ROSTER_FIRST };

	more.entries = calloc(more.capacity, sizeof(*more.entries));
	if (!more.entries)
		return false;
	for (size_t i = 0; i < roster->capacity; i++)
		if (roster->entries[i].pool)
			roster_add(&more, roster->entries[i].pool,
				   roster->entries[i].worker);
	free(roster->entries);
	*roster = more;
	return true;
}

/* pre: there is a worker of this pool */
static inline void
roster_remove(struct roster *roster, const struct dp_pool *pool)
{
	size_t mask = roster->capacity - 1;
	size_t hole = roster_home(roster, pool);

	while (roster->entries[hole].pool != pool)
		hole = roster_after(roster, hole);
	for (size_t i = roster_after(roster, hole); roster->entries[i].pool;
	     i = roster_after(roster, i)) {
		size_t home = roster_home(roster, roster->entries[i].pool);

		/* It may move back only as far as its home. */
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			roster->entries[hole] = roster->entries[i];
			hole = i;
		}
	}
	roster->entries[hole] = (struct roster_entry){ 0 };
	roster->n--;
}

/* Any of the pools, the first from *place on, or NULL. */
static inline struct dp_pool *
roster_any(const struct roster *roster, size_t *place)
{
	if (roster->n == 0)
		return NULL;
	while (!roster->entries[*place & (roster->capacity - 1)].pool)
		++*place;
	return roster->entries[*place & (roster->capacity - 1)].pool;
}

static inline void
roster_free(struct roster *roster)
{
	free(roster->entries);
	*roster = (struct roster){ 0 };
}

#endif
