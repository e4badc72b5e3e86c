/* SPDX-License-Identifier: MIT */
/*
 * A limit that holds at every instant: places are taken before what they are
 * for is there, and given back when it is gone.  Without a limit nothing is
 * counted.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Invariant: taken <= max, unless max is 0: no limit.  Any thread. */
struct limit {
	uint64_t max; /* constant */
	_Atomic uint64_t taken;
};

static inline void
limit_init(struct limit *limit, uint64_t max)
{
	limit->max = max;
	atomic_init(&limit->taken, 0);
}

/* Takes n places, or none of them and returns false. */
static inline bool
limit_take(struct limit *limit, uint64_t n)
{
	if (limit->max == 0)
		return true;
	/* LM1 relaxed: a number; what takes a place is ordered by others. */
	uint64_t taken =
		atomic_load_explicit(&limit->taken, memory_order_relaxed);

	do {
		if (n > limit->max - taken)
			return false;
		/* LM2 relaxed: as LM1. */
	} while (!atomic_compare_exchange_weak_explicit(
		&limit->taken, &taken, taken + n, memory_order_relaxed,
		memory_order_relaxed));
	return true;
}

/* pre: n places are the caller's */
static inline void
limit_give(struct limit *limit, uint64_t n)
{
	if (limit->max != 0)
		/* LM3 relaxed: as LM1. */
		atomic_fetch_sub_explicit(&limit->taken, n,
					  memory_order_relaxed);
}

#endif
