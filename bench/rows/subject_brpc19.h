/* SPDX-License-Identifier: MIT */
/*
 * The subject is bRPC's KeyTable pool up to version 1.9: one list under a
 * mutex, last in first out, locked for every operation.  Nothing drifts; it was
 * given up because all workers meet at the mutex.
 */
#ifndef SUBJECT_BRPC19_H
#define SUBJECT_BRPC19_H

#include "reference_list.h"

struct pool {
	pthread_mutex_t lock;
	struct link *first; /* under the lock */
};

static void
pool_open(struct pool *pool)
{
	pthread_mutex_init(&pool->lock, NULL);
}

static int64_t
pool_close(struct pool *pool)
{
	pthread_mutex_destroy(&pool->lock);
	return links_free(pool->first);
}

static const struct reference reference = {
	.name = "brpc19",
	.pool_bytes = sizeof(struct pool),
	.pool_open = pool_open,
	.pool_close = pool_close,
};

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct account *account = worker.account;
	struct pool *pool = account->pool;
	struct link *link;

	(void)crosses;
	pthread_mutex_lock(&pool->lock);
	link = pool->first;
	if (link != NULL)
		pool->first = link->next;
	pthread_mutex_unlock(&pool->lock);
	return account_lend(account, link);
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	struct pool *pool = worker.account->pool;
	struct link *link = object;

	(void)crosses;
	pthread_mutex_lock(&pool->lock);
	link->next = pool->first;
	pool->first = link;
	pthread_mutex_unlock(&pool->lock);
	account_add(&worker.account->kept, 1);
}

#endif
