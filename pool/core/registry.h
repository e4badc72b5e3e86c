/* SPDX-License-Identifier: MIT */
/*
 * The registry of a pool's workers: stats and audit walk it while others attach
 * and detach.  Readers are in a read-side section of liburcu's bp flavour, and
 * a worker is freed only after a grace period.
 *
 * What a worker counted is added to `departed` as it leaves.  A sum over both
 * would miss or double that, had it read one part before and one after; hence
 * the generation, odd while the two change.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include <pthread.h>

#include "shared/counts.h"

struct worker;

/* A worker's place in the list. */
struct registry_link {
	_Atomic(struct worker *) next;
	_Atomic(struct worker *) *here; /* what points to us; by the lock */
	uint64_t number;                /* from 1; nobody else has it */
};

/*
 * Invariant: n_workers <= peak_workers; departed holds what is counted nowhere
 * else; the list is in the order of its numbers.  Written under the lock, read
 * by anyone.
 */
struct registry {
	pthread_mutex_t lock;
	_Atomic uint64_t generation;
	_Atomic(struct worker *) first;
	struct counts departed;
	_Atomic uint32_t n_workers;
	_Atomic uint32_t peak_workers;
};

/* Sums over all workers, attached and departed. */
struct totals {
	uint64_t of[N_COUNTS];
	uint64_t cached; /* objects in attached workers' caches */
};

/*
 * Objects.  While they move, the parts are of different instants, and a
 * difference may come out below zero: then it is zero.
 */
static inline uint64_t
totals_in_use(const struct totals *sum)
{
	uint64_t in = sum->of[CONSTRUCTED] + sum->of[REFILLED];
	uint64_t out = sum->of[DESTRUCTED] + sum->of[FLUSHED] + sum->cached;

	return in > out ? in - out : 0;
}

/* Returns 0 or a negative errno. */
int dp__registry_init(struct registry *registry);
void dp__registry_fini(struct registry *registry);

void dp__registry_add(struct registry *registry, struct worker *worker);

/*
 * Counts as departed what the worker counted; returns after a grace period.
 * pre: not in a read-side section
 */
void dp__registry_remove(struct registry *registry, struct worker *worker);

/* The last thing that a worker's end does with the pool. */
void dp__registry_left(struct registry *registry);

/* Adds what a caller without a worker counted, and clears it. */
void dp__registry_fold(struct registry *registry, struct counts *counts);

/* Every count is of one instant or later than the call's beginning. */
void dp__registry_sum(struct registry *registry, struct totals *totals);

/* The same.  pre: the lock is held, or the caller is in a read-side section */
void dp__registry_sum_locked(const struct registry *registry,
			     struct totals *totals);

/* What a worker gave to the shared pool, less what it took, in objects. */
struct flow {
	uint64_t worker; /* its number */
	int64_t net;
};

/*
 * The flows of the first n workers; returns how many workers there are.  Those
 * who are gone, and callers without a worker, are in `departed`.
 */
size_t dp__registry_flows(struct registry *registry, struct flow *flows,
			  size_t n, int64_t *departed);

/*
 * A read-side section: workers seen in it stay until its end.  In it nobody may
 * wait for a grace period: so no application's code may run.
 */
void dp__registry_read_begin(void);
void dp__registry_read_end(void);

uint32_t dp__registry_workers(const struct registry *registry);
uint32_t dp__registry_peak(const struct registry *registry);

/*
 * The first worker, and the one after; NULL: no more.  pre: the lock is held,
 * the caller is in a read-side section, or nobody attaches or detaches
 */
struct worker *dp__registry_first(const struct registry *registry);
struct worker *dp__registry_next(const struct worker *worker);

#endif
