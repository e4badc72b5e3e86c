/* SPDX-License-Identifier: MIT */
/* A pool, and what moves objects in and out of its backend with the books. */
#ifndef POOL_H
#define POOL_H

#include <driftpool/pool.h>

#include "shared/backend.h"
#include "check/check.h"
#include "shared/limit.h"
#include "shared/list.h"
#include "trace/probe.h"
#include "registry.h"
#include "memory/source.h"
#include "shared/reserve.h"
#include "shared/store.h"

/*
 * Invariant: the parts are as init left them, or used by their own rules, from
 * create to destroy; the pool is on the list of pools (fork.c) meanwhile.
 */
struct dp_pool {
	/* Constant. */
	char name[DP_NAME_BYTES_MAX + 1];
	struct source source;
	bool closing; /* set once, when nobody else is left */
	bool watched; /* Valgrind is told of its objects; constant */
	/* By the lock of the list of pools. */
	struct dp_pool *next;
	struct dp_pool **here;
	/* Any thread. */
	struct reserve reserve;
	struct registry registry;
	struct check_pool check;
	struct store store;
	_Alignas(CPU_APART_BYTES) struct limit objects; /* that exist */
	_Alignas(CPU_APART_BYTES) struct limit depot;   /* magazines in there */
	uint64_t trim; /* exchanges in an interval, constant; 0: no trimming */
	_Atomic uint32_t asked; /* how often workers were asked, see park.c */
	_Alignas(CPU_APART_BYTES) _Atomic uint64_t exchanges; /* if trim > 0 */
	_Alignas(CPU_APART_BYTES) struct backend backend;
};

/* Ends the process if one of the n objects was returned twice in a row. */
void dp__twice_check(const struct dp_pool *pool, const struct magazine *m,
		     uint32_t n);
/*
 * The same of the last of n objects and the first of those returned next.
 * pre: n >= 1, and the newer one holds an object
 */
void dp__twice_check_seam(const struct dp_pool *pool,
			  const struct magazine *older, uint32_t n,
			  const struct magazine *newer);

/* Books a magazine that was taken. */
static inline void
pool_taken(struct dp_pool *pool, struct seat *seat, const struct magazine *m)
{
	PROBE3(refill, pool->name, seat, magazine_count(m));
	if (magazine_count(m) < pool->store.magazine_size)
		dp__check_magazines(pool, 1);
	limit_give(&pool->depot, 1);
	counts_add(&seat->counts, REFILLS, 1);
	counts_add(&seat->counts, REFILLED, magazine_count(m));
}

/* A magazine with objects; NULL: there was an instant without any. */
static inline struct magazine *
pool_take(struct dp_pool *pool, struct seat *seat)
{
	struct magazine *m = dp__backend_take(&pool->backend, seat);

	if (!m) {
		PROBE2(miss, pool->name, seat);
		counts_add(&seat->counts, MISSES, 1);
		return NULL;
	}
	pool_taken(pool, seat, m);
	return m;
}

/* A partly filled one, or NULL. */
static inline struct magazine *
pool_take_partial(struct dp_pool *pool, struct seat *seat)
{
	struct magazine *m = dp__backend_take_partial(&pool->backend, seat);

	if (m)
		pool_taken(pool, seat, m);
	return m;
}

/* A full one that takes would come to last, or NULL. */
static inline struct magazine *
pool_take_last(struct dp_pool *pool, struct seat *seat)
{
	struct magazine *m = dp__backend_take_last(&pool->backend, seat);

	if (m)
		pool_taken(pool, seat, m);
	return m;
}

/* pre: m holds n objects, 1 <= n <= M, and has a place in the depot */
static inline void
pool_put(struct dp_pool *pool, struct seat *seat, struct magazine *m,
	 uint32_t n)
{
	PROBE3(flush, pool->name, seat, n);
	if (n < pool->store.magazine_size)
		dp__check_magazines(pool, -1);
	counts_add(&seat->counts, FLUSHES, 1);
	counts_add(&seat->counts, FLUSHED, n);
	magazine_set_count(m, n);
	dp__backend_give(&pool->backend, seat, m);
}

/*
 * False: the depot is full; m has its count set and is still the caller's.
 * pre: m holds n objects, 1 <= n <= M
 */
static inline bool
pool_give(struct dp_pool *pool, struct seat *seat, struct magazine *m,
	  uint32_t n)
{
	dp__twice_check(pool, m, n);
	if (limit_take(&pool->depot, 1)) {
		pool_put(pool, seat, m, n);
		return true;
	}
	magazine_set_count(m, n);
	return false;
}

/*
 * An empty magazine, and it says so; NULL: out of memory.  The only place where
 * one is made: the bound on magazines rests on that.
 */
static inline struct magazine *
pool_empty(struct dp_pool *pool, struct seat *seat)
{
	struct magazine *m = dp__backend_take_empty(&pool->backend, seat);

	if (m)
		return m;
	m = dp__store_make(&pool->store);
	if (m)
		dp__check_magazines(pool, 1);
	return m;
}

/* Frees one that holds no object.  pre: m is the caller's own */
static inline void
pool_free_empty(struct dp_pool *pool, struct magazine *m)
{
	dp__store_free(&pool->store, m);
	dp__check_magazines(pool, -1);
}

/* NULL with errno set. */
void *dp__pool_construct(struct dp_pool *pool, struct counts *counts);
void dp__pool_destruct(struct dp_pool *pool, struct counts *counts,
		       void *object);

/* Destructs an object that nobody knows any more. */
void dp__pool_unmake(struct dp_pool *pool, void *object);

/* Counts what is in a magazine as destructed.  pre: m is the caller's own */
void dp__pool_condemn(struct dp_pool *pool, struct counts *counts,
		      const struct magazine *m);

/* Destructs what is in a condemned magazine, and frees it. */
void dp__pool_unmake_all(struct dp_pool *pool, struct magazine *m);

/*
 * Both: all its objects are in `counts` before the first destructor runs.
 */
void dp__pool_discard(struct dp_pool *pool, struct counts *counts,
		      struct magazine *m);

/* The same for each magazine of a list, which is empty then. */
void dp__pool_discard_all(struct dp_pool *pool, struct counts *counts,
			  struct list *list);

/*
 * Gives a magazine with n objects, 0 <= n <= M, that is in no cache any more.
 * What the depot has no room for, two magazines at most, comes onto the list
 * `surplus`: for the caller to discard, outside every lock.
 */
void dp__pool_give_any(struct dp_pool *pool, struct seat *seat,
		       struct magazine *m, uint32_t n, struct list *surplus);

/* The same, and discards the surplus. */
void dp__pool_donate(struct dp_pool *pool, struct seat *seat,
		     struct magazine *m, uint32_t n);

/*
 * Asks all workers to give what they can spare; takes over what parked ones
 * left, and gives it, one magazine at a time, as far as there is memory.
 * Returns how many objects that destructed.
 */
uint64_t dp__pool_gather(struct dp_pool *pool, struct seat *seat);

#endif
