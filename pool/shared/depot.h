/* SPDX-License-Identifier: MIT */
/*
 * The depot: tagged stacks of full, of partial and of empty magazines.  What
 * backends share; each of them calls only what it needs.
 *
 * Emptiness: full and partial magazines have a head each, so "nothing there" is
 * an answer about two words or more, see stack.h.
 */
#ifndef DEPOT_H
#define DEPOT_H

#include "counts.h"
#include "line.h"
#include "shelf.h"

/*
 * Invariant: magazines on `full` hold M objects, on `partial` 1 to M - 1, on
 * `empty` none.  Any thread.
 */
struct depot {
	_Alignas(CPU_APART_BYTES) struct shelf full;
	_Alignas(CPU_APART_BYTES) struct stack empty;
	_Alignas(CPU_APART_BYTES) struct stack partial;
};

static inline void
depot_init(struct depot *depot)
{
	shelf_init(&depot->full);
	atomic_init(&depot->empty.head, 0);
	atomic_init(&depot->partial.head, 0);
}

static inline void
depot_push(struct stack *stack, const struct magazine_table *table,
	   struct counts *counts, struct magazine *m)
{
	uint32_t retries = stack_push(stack, table, m);

	if (retries)
		counts_add(counts, RETRIES, retries);
}

static inline struct magazine *
depot_pop(struct stack *stack, const struct magazine_table *table,
	  struct counts *counts)
{
	uint32_t retries;
	struct magazine *m = stack_pop(stack, table, &retries);

	if (retries)
		counts_add(counts, RETRIES, retries);
	return m;
}

/* A full one, else a partial one; NULL says nothing about both at once. */
static inline struct magazine *
depot_take(struct depot *depot, const struct magazine_table *table,
	   struct counts *counts)
{
	struct magazine *m = shelf_take(&depot->full, table, counts);

	return m ? m : depot_pop(&depot->partial, table, counts);
}

/* size: the M of the table's magazines, as in depot_count(). */
static inline void
depot_give(struct depot *depot, const struct magazine_table *table,
	   struct counts *counts, struct magazine *m, uint32_t size)
{
	bool full = magazine_count(m) == size;

	depot_push(full ? &depot->full.stack : &depot->partial, table, counts,
		   m);
}

/* One pass for emptiness, see stack_scan(). */
static inline bool
depot_scan(const struct depot *depot, uint64_t *tags)
{
	bool full = stack_scan(&depot->full.stack, tags);
	bool partial = stack_scan(&depot->partial, tags);

	return full && partial;
}

/* Magazines with objects; of each kind as of an instant of its own. */
static inline uint64_t
depot_magazines(const struct depot *depot, const struct magazine_table *table)
{
	return (uint64_t)stack_depth(&depot->full.stack, table) +
	       stack_depth(&depot->partial, table);
}

/*
 * Objects.  Partial magazines are counted one by one: while they move the walk
 * may leave the stack, but never the table, and it ends.
 */
static inline uint64_t
depot_count(const struct depot *depot, const struct magazine_table *table,
	    uint32_t size)
{
	uint64_t objects =
		(uint64_t)stack_depth(&depot->full.stack, table) * size;

	return objects + stack_objects(&depot->partial, table);
}

#endif
