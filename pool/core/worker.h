/* SPDX-License-Identifier: MIT */
/* A worker: its handle's head, its two magazines, its seat. */
#ifndef WORKER_H
#define WORKER_H

#include <driftpool/pool.h>

#include <stddef.h>

#include "shared/backend.h"
#include "shared/list.h"
#include "check/check.h"
#include "shared/park.h"
#include "pool.h"
#include "registry.h"

/*
 * Invariant between calls: loaded != previous, neither is NULL;
 * loaded->body[0..n) are free objects, n being the head's; previous is empty or
 * full, as previous_n says.  So a cache holds 2M objects at the most.  Or the
 * worker is parked: both are NULL, and the two magazines in `park`; n, room and
 * previous_n are 0, so that no borrow or return passes by the slow path.
 *
 * A worker that hides, with checks or under Valgrind, shows the inline path an
 * empty cache without room: between calls n and room are 0, and n is in
 * `hidden`.  So each borrow and return, whatever its caller was compiled with,
 * gets to the slow path.
 *
 *	loaded->body	|--- returned long ago ---|--- just now ---| n ... M
 */
struct worker {
	/* Counts: written by the owner, read by anyone.  Rest: the owner's. */
	_Alignas(CPU_APART_BYTES) struct seat seat;
	/*
	 * The owner's; n, room, previous_n and hidden may be read by anyone.
	 * Not first: an arena puts the first worker, the first body and the
	 * first object each at the start of a page, and processors that compare
	 * the low 12 bits of addresses take a store to one for one to another.
	 */
	_Alignas(CPU_APART_BYTES) struct dp_worker head;
	struct dp_pool *pool;
	struct magazine *loaded;
	struct magazine *previous;
	_Atomic uint32_t previous_n; /* 0 or M */
	_Atomic uint32_t hidden;     /* objects that n does not show */
	bool hides;                  /* constant */
	/* The owner's. */
	uint32_t exchanges;  /* that the pool does not know of */
	uint32_t answered;   /* of pool->asked */
	uint64_t to_trim;    /* magazines, one at each exchange */
	struct list surplus; /* condemned, by destructors of others */
	bool discarding;     /* a call here runs destructors */
	struct check_worker check;
	/* Anyone, by its own rules. */
	struct park park;
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
 * gives up a magazine if there is one to trim.  pre: pool->trim > 0, discarding
 */
void dp__trim_after_exchange(struct worker *w);

/* --- Parked, and asked: see park.c ---------------------------------------- */

/* pre: the caller is the owner, or the pool is at rest */
static inline bool
worker_is_parked(const struct worker *w)
{
	return !w->loaded;
}

/* pre: it is parked, and shown */
void dp__worker_come_back(struct worker *w);

/* How often all workers have been asked to give what they can spare. */
static inline uint32_t
worker_asked(const struct worker *w)
{
	/* PK6 relaxed: it may be heard one exchange later. */
	return atomic_load_explicit(&w->pool->asked, memory_order_relaxed);
}

static inline bool
worker_is_asked(const struct worker *w)
{
	return worker_asked(w) != w->answered;
}

/* Gives what it can spare.  pre: the cache is as it should be; discarding */
void dp__worker_answer(struct worker *w);

/*
 * Sees to it that the cache has objects: what a parked worker left, if there
 * are none.  False: nobody left any; errno is as it was.
 */
bool dp__worker_take_over(struct worker *w);

/* --- The cache ----------------------------------------------------------- */

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

static inline void
worker_set_n(struct worker *w, uint32_t n)
{
	/* W3 relaxed: a number for stats; it publishes nothing. */
	atomic_store_explicit(&w->head.n, n, memory_order_relaxed);
}

static inline void
worker_set_previous_n(struct worker *w, uint32_t n)
{
	/* W4 relaxed: a number for stats; it publishes nothing. */
	atomic_store_explicit(&w->previous_n, n, memory_order_relaxed);
}

/* Also takes notice of who asked for attention by a room of 0. */
static inline void
worker_set_room(struct worker *w, uint32_t room)
{
	/* W5 relaxed: it publishes nothing. */
	atomic_store_explicit(&w->head.room, room, memory_order_relaxed);
}

static inline uint32_t
worker_hidden(const struct worker *w)
{
	/* W6 relaxed: the owner's own, or a number for stats. */
	return atomic_load_explicit(&w->hidden, memory_order_relaxed);
}

static inline void
worker_set_hidden(struct worker *w, uint32_t n)
{
	/* W7 relaxed: a number for stats; it publishes nothing. */
	atomic_store_explicit(&w->hidden, n, memory_order_relaxed);
}

/* Makes m the loaded magazine; the caller sees to the one before. */
static inline void
worker_load(struct worker *w, struct magazine *m, uint32_t n)
{
	w->loaded = m;
	w->head.objects = m->body;
	worker_set_n(w, n);
}

/* Objects in the cache.  Anyone; stale at once but to the owner. */
static inline uint32_t
worker_cached(const struct worker *w)
{
	return worker_hidden(w) + worker_n(w) + worker_previous_n(w) +
	       park_objects(&w->park);
}

/* Where the magazines meet: before they part, or one leaves. */
static inline void
worker_check_seam(const struct worker *w)
{
	uint32_t n = worker_previous_n(w);

	if (n > 0 && worker_n(w) > 0)
		dp__twice_check_seam(w->pool, w->previous, n, w->loaded);
}

/* The two magazines are at hand from here to worker_hide(). */
static inline void
worker_show(struct worker *w)
{
	if (w->hides) {
		worker_set_n(w, worker_hidden(w));
		worker_set_room(w, w->pool->store.magazine_size);
		worker_set_hidden(w, 0);
	}
	if (worker_is_parked(w))
		dp__worker_come_back(w);
}

static inline void
worker_hide(struct worker *w)
{
	if (!w->hides)
		return;
	worker_set_hidden(w, worker_n(w));
	worker_set_n(w, 0);
	worker_set_room(w, 0);
}

#endif
