/* SPDX-License-Identifier: MIT */
/*
 * The tally's counts.  Natively all threads see them change in one order, so
 * that a bound read after a footprint is never too small.  Under
 * ThreadSanitizer they are relaxed, or they would order what the pool must.
 */
#ifndef COUNT_H
#define COUNT_H

#include <stdatomic.h>
#include <stddef.h>

#include "harness.h"

#if HARNESS_TSAN

/* Returns what the count was. */
static inline size_t
count_add(_Atomic size_t *count, size_t n)
{
	/* TC1 relaxed: see above. */
	return atomic_fetch_add_explicit(count, n, memory_order_relaxed);
}

static inline size_t
count_get(_Atomic size_t *count)
{
	/* TC2 relaxed: see above. */
	return atomic_load_explicit(count, memory_order_relaxed);
}

#else

/* Returns what the count was. */
static inline size_t
count_add(_Atomic size_t *count, size_t n)
{
	/* TC3 seq_cst: pairs with TC3 and TC4.  One order of all counts. */
	return atomic_fetch_add_explicit(count, n, memory_order_seq_cst);
}

static inline size_t
count_get(_Atomic size_t *count)
{
	/* TC4 seq_cst: pairs with TC3 and TC5.  One order of all counts. */
	return atomic_load_explicit(count, memory_order_seq_cst);
}

#endif

/* Makes it at least n. */
static inline void
count_raise(_Atomic size_t *count, size_t n)
{
	size_t old = count_get(count);

	/*
	 * Ends: the count only grows, and not beyond the largest n.
	 * TC5 seq_cst: pairs with TC4.  A peak is there before its objects.
	 */
	while (old < n && !atomic_compare_exchange_weak_explicit(
				  count, &old, n, memory_order_seq_cst,
				  memory_order_seq_cst))
		;
}

#endif
