/* SPDX-License-Identifier: MIT */
/*
 * What is counted at exchanges.  One thread writes, anyone reads: an increment
 * is a load and a store, never a locked instruction.
 */
#ifndef COUNTS_H
#define COUNTS_H

#include <stdatomic.h>
#include <stdint.h>

enum count {
	CONSTRUCTED, /* objects */
	DESTRUCTED,
	REFILLED,   /* objects taken from the shared pool */
	FLUSHED,    /* objects given to it */
	PILED,      /* objects in the backend's piles in the seat: a level */
	REFILLS,    /* magazines that REFILLED came in */
	FLUSHES,    /* magazines that FLUSHED went in */
	MISSES,     /* answers "nothing there" */
	RACK_HITS,  /* exchanges served by the own rack */
	DEPOT_HITS, /* by the depot */
	STEALS,     /* by another rack */
	RETRIES,    /* failed attempts at a CAS, locks found taken */
	N_COUNTS
};

/* Each only grows, but for PILED.  Written by the owner of the struct. */
struct counts {
	_Atomic uint64_t of[N_COUNTS];
};

static inline uint64_t
counts_get(const struct counts *counts, enum count which)
{
	/* C1 relaxed: a number for stats; nothing follows from it. */
	return atomic_load_explicit(&counts->of[which], memory_order_relaxed);
}

/* n may be negative for PILED: unsigned arithmetic wraps as it should. */
static inline void
counts_add(struct counts *counts, enum count which, uint64_t n)
{
	/* C2 relaxed: there is one writer, and C1 needs no order. */
	atomic_store_explicit(&counts->of[which], counts_get(counts, which) + n,
			      memory_order_relaxed);
}

#endif
