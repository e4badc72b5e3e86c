/* SPDX-License-Identifier: MIT */
/*
 * A shelf: a tagged stack of full magazines that knows its low-water mark, the
 * fewest that lay on it since the interval began.  Those were needed by nobody.
 *
 * The mark is a hint.  It is read and written without a step that is one, so
 * that a take at the same moment as another, or as the interval's end, may go
 * unnoticed: then the mark is too high by what those took.
 */
#ifndef SHELF_H
#define SHELF_H

#include "counts.h"
#include "stack.h"

/* Invariant: magazines in the stack hold M objects.  Any thread. */
struct shelf {
	struct stack stack;
	_Atomic uint32_t low;
};

static inline void
shelf_init(struct shelf *shelf)
{
	atomic_init(&shelf->stack.head, 0);
	atomic_init(&shelf->low, 0);
}

static inline uint32_t
shelf_low(const struct shelf *shelf)
{
	/* SH1 relaxed: a hint. */
	return atomic_load_explicit(&shelf->low, memory_order_relaxed);
}

static inline void
shelf_set_low(struct shelf *shelf, uint32_t low)
{
	/* SH2 relaxed: a hint. */
	atomic_store_explicit(&shelf->low, low, memory_order_relaxed);
}

/* NULL if there was an instant at which the shelf was empty. */
static inline struct magazine *
shelf_take(struct shelf *shelf, const struct magazine_table *table,
	   struct counts *counts)
{
	uint32_t retries;
	struct magazine *m = stack_pop(&shelf->stack, table, &retries);
	uint32_t left = m ? magazine_depth(m) - 1 : 0;

	if (retries)
		counts_add(counts, RETRIES, retries);
	/* Mostly not: a mark that stands costs no store. */
	if (left < shelf_low(shelf))
		shelf_set_low(shelf, left);
	return m;
}

/* The mark; a new interval begins. */
static inline uint32_t
shelf_unneeded(struct shelf *shelf, const struct magazine_table *table)
{
	uint32_t low = shelf_low(shelf);

	shelf_set_low(shelf, stack_depth(&shelf->stack, table));
	return low;
}

#endif
