/* SPDX-License-Identifier: MIT */
/*
 * References whose workers have lists of their own, under a lock of the pool
 * that they take to read for each use, and to write for what concerns the
 * global list.
 */
#ifndef REFERENCE_RWLOCK_H
#define REFERENCE_RWLOCK_H

#include "reference_list.h"

struct pool {
	pthread_rwlock_t lock;
	struct link *first; /* of the global list, under the lock */
};

static void
pool_open(struct pool *pool)
{
	pthread_rwlock_init(&pool->lock, NULL);
}

static int64_t
pool_close(struct pool *pool)
{
	pthread_rwlock_destroy(&pool->lock);
	return links_free(pool->first);
}

#endif
