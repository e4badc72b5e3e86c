/* SPDX-License-Identifier: MIT */
/*
 * How many objects were reserved and are not given up again: what they add to
 * the bound on the footprint, see pool/DESIGN.md.
 *
 * Objects that are given up, whichever they are, are taken off what is `there`;
 * never off what is `coming`, for it must cover the objects that a thread has
 * in its hands while it reserves them.
 *
 * Only inline functions, so that a checker can run this very source.
 */
#ifndef RESERVE_H
#define RESERVE_H

#include <stdatomic.h>
#include <stdint.h>

/* Invariant: coming is what calls that have not ended reserve.  Any thread. */
struct reserve {
	_Atomic uint64_t coming; /* objects */
	_Atomic uint64_t there;
};

static inline void
reserve_init(struct reserve *reserve)
{
	atomic_init(&reserve->coming, 0);
	atomic_init(&reserve->there, 0);
}

/* n objects are to be reserved. */
static inline void
reserve_begin(struct reserve *reserve, uint64_t n)
{
	/* RV1 relaxed: a number; the caller's own objects come after it. */
	atomic_fetch_add_explicit(&reserve->coming, n, memory_order_relaxed);
}

/* They all are in the shared pool, or the rest is taken off after this. */
static inline void
reserve_end(struct reserve *reserve, uint64_t n)
{
	/* RV2 relaxed: RV3 publishes it. */
	atomic_fetch_add_explicit(&reserve->there, n, memory_order_relaxed);
	/* RV3 release: pairs with RV4.  Who misses it here sees it there. */
	atomic_fetch_sub_explicit(&reserve->coming, n, memory_order_release);
}

/* Never less than there is; for a moment more, as a call ends. */
static inline uint64_t
reserve_objects(const struct reserve *reserve)
{
	/* RV4 acquire: pairs with RV3.  Shows what came. */
	uint64_t coming =
		atomic_load_explicit(&reserve->coming, memory_order_acquire);

	/* RV5 relaxed: a number, after RV4. */
	return coming +
	       atomic_load_explicit(&reserve->there, memory_order_relaxed);
}

/* n objects of the pool were given up, and count in no footprint any more. */
static inline void
reserve_give_back(struct reserve *reserve, uint64_t n)
{
	/* RV6 relaxed: a number. */
	uint64_t there =
		atomic_load_explicit(&reserve->there, memory_order_relaxed);
	uint64_t left;

	do {
		if (there == 0)
			return;
		left = there > n ? there - n : 0;
		/* RV7 relaxed: as RV6. */
	} while (!atomic_compare_exchange_weak_explicit(
		&reserve->there, &there, left, memory_order_relaxed,
		memory_order_relaxed));
}

#endif
