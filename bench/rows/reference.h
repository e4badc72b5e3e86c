/* SPDX-License-Identifier: MIT */
/*
 * What all reference pools have in common: each worker counts for itself, so
 * that counting puts nothing shared on the measured path, and no memory goes
 * back before the end.  A reference adds its struct pool, which the workers
 * share, and the rest of the subject; it says what it is by
 *
 *	static const struct reference reference = { .name = ..., ... };
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/apart.h"
#include "subject.h"
#include "check/tsan.h"

struct pool;

struct reference {
	const char *name;
	/* Objects in a thread's own list: 0, there are no such lists;
	 * SIZE_MAX, any number, so that it leaks. */
	size_t list_cap;
	/* The shared part is of zeros before it is opened; closing frees what
	 * is in it, and says how many objects.  For reference_list.h. */
	size_t pool_bytes;
	void (*pool_open)(struct pool *pool);
	int64_t (*pool_close)(struct pool *pool);
};

static const struct reference reference;

/*
 * A worker's account, kept across all its threads, by one of them at a time.
 * Invariant, at rest, summed over all: kept objects are free, given of them in
 * the shared part; constructed - kept are in use.
 */
struct account {
	_Alignas(CPU_APART_BYTES) struct pool *pool;
	void *own; /* list or cache of the thread; NULL: none */
	size_t object_bytes;
	/* Written by the worker, read by the sampler. */
	_Atomic int64_t constructed;
	_Atomic int64_t kept;  /* returns - borrows that found an object */
	_Atomic int64_t given; /* to the shared part - taken from it */
	_Atomic int64_t refills;
	_Atomic int64_t flushes;
};

struct subject {
	unsigned workers;
	struct account *accounts;
	struct pool *pool; /* defined by the reference */
	pthread_mutex_t lock;
	struct list *lists; /* under the lock: of all threads there were */
	size_t lists_n;
};

struct subject_worker {
	struct account *account;
};

/* A list lies idle after its thread, a cache is for the next one. */
SUBJECT_STATELESS
SUBJECT_KEEPS

static inline int64_t
account_read(_Atomic int64_t *counter)
{
	/* BF1 relaxed: exact at rest, and for the worker itself. */
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* By the worker only. */
static inline void
account_add(_Atomic int64_t *counter, int64_t change)
{
	/* BF2 relaxed: for the sampler, which may be late. */
	atomic_store_explicit(counter, account_read(counter) + change,
			      memory_order_relaxed);
}

/* Makes the accounts, and a pool of zeros; 0 or -errno. */
static inline int
reference_open(struct subject *s, const struct workload *w)
{
	memset(s, 0, sizeof(*s));
	s->workers = w->workers;
	s->accounts = apart_alloc(w->workers * sizeof(*s->accounts));
	s->pool = apart_alloc(reference.pool_bytes);
	if (s->accounts == NULL || s->pool == NULL) {
		free(s->accounts);
		free(s->pool);
		return -ENOMEM;
	}
	pthread_mutex_init(&s->lock, NULL);
	for (unsigned i = 0; i < w->workers; i++) {
		s->accounts[i].pool = s->pool;
		s->accounts[i].object_bytes = w->object_bytes;
	}
	return 0;
}

/* 0, or -EUCLEAN: `found` are other objects than have been constructed. */
static inline int
reference_close(struct subject *s, int64_t found)
{
	for (unsigned i = 0; i < s->workers; i++)
		found -= account_read(&s->accounts[i].constructed);
	pthread_mutex_destroy(&s->lock);
	free(s->accounts);
	free(s->pool);
	return found == 0 ? 0 : -EUCLEAN;
}

static inline const char *
subject_name(void)
{
	return reference.name;
}

static inline bool
subject_leaks(void)
{
	return reference.list_cap == SIZE_MAX;
}

static inline void
subject_stats(struct subject *s, struct subject_stats *stats)
{
	int64_t constructed = 0, kept = 0, given = 0;

	memset(stats, 0, sizeof(*stats));
	for (unsigned i = 0; i < s->workers; i++) {
		struct account *a = &s->accounts[i];

		kept += account_read(&a->kept);
		given += account_read(&a->given);
		constructed += account_read(&a->constructed);
		stats->refills += (uint64_t)account_read(&a->refills);
		stats->flushes += (uint64_t)account_read(&a->flushes);
	}
	/* Of counts that were read one by one, some may be late. */
	kept = kept > 0 ? kept : 0;
	kept = kept < constructed ? kept : constructed;
	given = reference.list_cap > 0 ? given : kept;
	given = given > 0 ? given : 0;
	given = given < kept ? given : kept;
	stats->counted = true;
	stats->constructed = (uint64_t)constructed;
	stats->in_use = (uint64_t)(constructed - kept);
	stats->depot = (uint64_t)given;
	stats->cached = (uint64_t)(kept - given);
	/* Without lists, each operation is one. */
	stats->exchanges = reference.list_cap > 0;
	stats->misses = stats->constructed;
	stats->peak_workers = s->workers;
}

#endif
