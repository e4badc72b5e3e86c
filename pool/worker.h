/* SPDX-License-Identifier: MIT */
/* A worker: its handle's head, its two magazines, its seat. */
#ifndef WORKER_H
#define WORKER_H

#include <driftpool/pool.h>

#include <stddef.h>

#include "backend.h"
#include "check.h"
#include "registry.h"

/*
 * Invariant between calls: loaded != previous, neither is NULL;
 * loaded->body[0..n) are free objects, n being the head's; previous is empty or
 * full, as previous_n says.  So a cache holds 2M objects at the most.
 *
 *	loaded->body	|--- returned long ago ---|--- just now ---| n ... M
 */
struct worker {
	/* Counts: written by the owner, read by anyone.  Rest: the owner's. */
	_Alignas(CPU_APART_BYTES) struct seat seat;
	/*
	 * The owner's; n, room and previous_n may be read by anyone.  Not
	 * first: an arena puts the first worker, the first body and the first
	 * object each at the start of a page, and processors that compare the
	 * low 12 bits of addresses take a store to one for one to another.
	 */
	_Alignas(CPU_APART_BYTES) struct dp_worker head;
	struct dp_pool *pool;
	struct magazine *loaded;
	struct magazine *previous;
	_Atomic uint32_t previous_n; /* 0 or M */
	/* The owner's. */
	uint32_t exchanges; /* that the pool does not know of */
	uint64_t to_trim;   /* magazines, one at each exchange */
	struct check_worker check;
	/* The registry's. */
	struct registry_link link;
};

static inline struct worker *
worker_of(struct dp_worker *head)
{
	return (struct worker *)((char *)head - offsetof(struct worker, head));
}

/*
 * After an exchange, with the cache as it should be: tells the pool of it, and
 * gives up a magazine if there is one to trim.  pre: pool->trim > 0
 */
void dp__trim_after_exchange(struct worker *w);

/* Objects in the loaded magazine. */
static inline uint32_t
worker_n(const struct worker *w)
{
	/* W1 relaxed: the owner's own, or a number for stats. */
	return atomic_load_explicit(&w->head.n, memory_order_relaxed);
}

static inline uint32_t
worker_previous_n(const struct worker *w)
{
	/* W2 relaxed: the owner's own, or a number for stats. */
	return atomic_load_explicit(&w->previous_n, memory_order_relaxed);
}

/* Objects in the cache.  Anyone; stale at once but to the owner. */
static inline uint32_t
worker_cached(const struct worker *w)
{
	return dp__check_hidden(&w->check) + worker_n(w) + worker_previous_n(w);
}

#endif
