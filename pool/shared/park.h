/* SPDX-License-Identifier: MIT */
/*
 * Where a parked worker leaves its two magazines, for itself or for whoever
 * comes first.
 *
 * Why it is correct:
 * 1. Only the owner fills an empty place and empties a full one, so that a
 *    plain store fills it.  All others put an empty magazine where one with
 *    objects was, by a compare-and-swap: the owner, who takes what is there by
 *    an exchange, always finds a magazine, and needs no memory to go on.
 * 2. A magazine is in one place at a time, and goes out of it by a step that is
 *    one: to the owner or to one taker.
 * 3. A taker may meet a magazine that was taken back and left again since it
 *    looked.  It is there again, and its objects are what the compare-and-swap
 *    acquires; what was read before that is a hint.
 *
 * Progress: wait-free.  Nobody tries again.
 *
 * Only inline functions, so that a checker can run this very source.
 */
#ifndef PARK_H
#define PARK_H

#include <stdbool.h>

#include "magazine.h"

#define PARK_PLACES 2u

/*
 * Invariant: places are all NULL while the worker is not parked, but for the
 * moment in which it parks or comes back.  A magazine here has its count set.
 * Any thread.
 */
struct park {
	_Atomic(struct magazine *) places[PARK_PLACES];
};

/* pre: the caller is the owner; the place is NULL; m has its count set */
static inline void
park_leave(struct park *park, unsigned place, struct magazine *m)
{
	/* PK1 release: pairs with PK3, PK4 and PK5.  The objects as left. */
	atomic_store_explicit(&park->places[place], m, memory_order_release);
}

/* What is in the place now.  pre: the caller is the owner, and is parked */
static inline struct magazine *
park_come_back(struct park *park, unsigned place)
{
	/* PK2 acquire: pairs with PK4.  The empty one as it was put. */
	return atomic_exchange_explicit(&park->places[place], NULL,
					memory_order_acquire);
}

/*
 * A magazine with objects, for an empty one; NULL: there was none, or the owner
 * or another one was quicker.  pre: `empty` is the caller's own, its count is 0
 */
static inline struct magazine *
park_take_over(struct park *park, unsigned place, struct magazine *empty)
{
	/* PK3 acquire: pairs with PK1 and PK4.  Shows the slot. */
	struct magazine *m = atomic_load_explicit(&park->places[place],
						  memory_order_acquire);

	if (!m || magazine_count(m) == 0)
		return NULL;
	/*
	 * PK4 acq_rel: pairs with PK1, PK2, PK3 and PK5.  Takes over what the
	 * owner left, and shows it the empty one.
	 */
	if (!atomic_compare_exchange_strong_explicit(
		    &park->places[place], &m, empty, memory_order_acq_rel,
		    memory_order_acquire))
		return NULL;
	return m;
}

/* What is in a place, or NULL; stale at once. */
static inline const struct magazine *
park_at(const struct park *park, unsigned place)
{
	/* PK5 acquire: pairs with PK1 and PK4.  Shows the slot. */
	return atomic_load_explicit(&park->places[place], memory_order_acquire);
}

/* Objects that lie here; stale at once. */
static inline uint32_t
park_objects(const struct park *park)
{
	uint32_t objects = 0;

	for (unsigned i = 0; i < PARK_PLACES; i++) {
		const struct magazine *m = park_at(park, i);

		if (m)
			objects += magazine_count(m);
	}
	return objects;
}

#endif
