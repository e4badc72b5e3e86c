/* SPDX-License-Identifier: MIT */
/*
 * A deque of items that are ready: its owner puts them on the one end and takes
 * them from there, and thieves take from the other end what has waited longest.
 * As Chase and Lev have it ("Dynamic circular work-stealing deque", SPAA 2005),
 * but of a capacity that is never exceeded, so that it never grows.
 *
 * The two ends meet at the last item.  The owner announces which one it takes
 * and then looks at the thieves' end; a thief looks at its own end first and at
 * the owner's then.  In the one order of all seq_cst accesses one of them sees
 * the other, and they settle it by an exchange of the thieves' end.
 *
 *	function        called by   waits for
 *	deque_push      the owner   nobody
 *	deque_pop       the owner   nobody
 *	deque_steal     any thread  nobody: if it has to try again, somebody
 *	                            else got an item
 */
#ifndef DEQUE_H
#define DEQUE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/cpu.h"

/*
 * Invariant: items are slots[top..bottom), and the owner takes none while
 * bottom < top; bottom - top <= mask + 1; top never goes back.
 */
struct deque {
	_Alignas(CPU_APART_BYTES) _Atomic int64_t top;    /* the thieves' end */
	_Alignas(CPU_APART_BYTES) _Atomic int64_t bottom; /* the owner's */
	/* Constant: a power of two, less one, and so many slots. */
	int64_t mask;
	_Atomic(void *) *slots;
};

/* `slots`: as many as mask + 1. */
static inline void
deque_init(struct deque *deque, _Atomic(void *) *slots, int64_t mask)
{
	atomic_init(&deque->top, 0);
	atomic_init(&deque->bottom, 0);
	deque->mask = mask;
	deque->slots = slots;
	for (int64_t i = 0; i <= mask; i++)
		atomic_init(&slots[i], NULL);
}

/* pre: it is not full */
static inline void
deque_push(struct deque *deque, void *item)
{
	/* BQ1 relaxed: the owner's own. */
	int64_t bottom =
		atomic_load_explicit(&deque->bottom, memory_order_relaxed);

	/* BQ2 relaxed: published by BQ3. */
	atomic_store_explicit(&deque->slots[bottom & deque->mask], item,
			      memory_order_relaxed);
	/* BQ3 seq_cst: pairs with BQ9.  The item and all before it. */
	atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_seq_cst);
}

/* The item pushed last; NULL: it is empty. */
static inline void *
deque_pop(struct deque *deque)
{
	/* BQ4 relaxed: the owner's own. */
	int64_t bottom =
		atomic_load_explicit(&deque->bottom, memory_order_relaxed) - 1;
	int64_t top;
	void *item;

	/* BQ5 seq_cst: pairs with BQ9.  A thief that comes later sees it. */
	atomic_store_explicit(&deque->bottom, bottom, memory_order_seq_cst);
	/* BQ6 seq_cst: pairs with BQ11.  Sees thieves that came before. */
	top = atomic_load_explicit(&deque->top, memory_order_seq_cst);
	/* BQ7 relaxed: the owner's own. */
	item = atomic_load_explicit(&deque->slots[bottom & deque->mask],
				    memory_order_relaxed);
	if (top < bottom)
		return item;
	/* The last one: whoever moves the thieves' end has it. */
	if (top > bottom ||
	    /* BQ12 seq_cst: pairs with BQ8.  As a thief. */
	    !atomic_compare_exchange_strong_explicit(&deque->top, &top, top + 1,
						     memory_order_seq_cst,
						     memory_order_seq_cst))
		item = NULL;
	/* BQ13 seq_cst: pairs with BQ9.  Empty, both ends at one place. */
	atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_seq_cst);
	return item;
}

/* The item pushed first; NULL: there was a moment when it was empty. */
static inline void *
deque_steal(struct deque *deque)
{
	for (;;) {
		/* BQ8 seq_cst: pairs with BQ11 and BQ12.  Before BQ9. */
		int64_t top =
			atomic_load_explicit(&deque->top, memory_order_seq_cst);
		/* BQ9 seq_cst: pairs with BQ3, BQ5 and BQ13. */
		int64_t bottom = atomic_load_explicit(&deque->bottom,
						      memory_order_seq_cst);
		void *item;

		if (top >= bottom)
			return NULL;
		/* BQ10 relaxed: published by BQ3; thrown away if BQ11 fails. */
		item = atomic_load_explicit(&deque->slots[top & deque->mask],
					    memory_order_relaxed);
		/* BQ11 seq_cst: pairs with BQ6 and BQ8.  The item is ours. */
		if (atomic_compare_exchange_strong_explicit(
			    &deque->top, &top, top + 1, memory_order_seq_cst,
			    memory_order_seq_cst))
			return item;
	}
}

#endif
