/* SPDX-License-Identifier: MIT */
/*
 * The subject is bRPC's KeyTable pool up to version 1.9: one list under a
 * mutex, last in first out, locked for every operation.  Nothing drifts; it was
 * given up because all workers meet at the mutex.
 */
#ifndef SUBJECT_BRPC19_H
#define SUBJECT_BRPC19_H

#include "reference_list.h"

static const struct reference reference = { "brpc19", 0 };

struct pool {
	pthread_mutex_t lock;
	struct link *first; /* under the lock */
};

static inline int
subject_open(struct subject *s, const struct workload *w, size_t in_use_ceiling)
{
	int error = reference_open(s, w, sizeof(struct pool));

	(void)in_use_ceiling;
	if (error == 0)
		pthread_mutex_init(&s->pool->lock, NULL);
	return error;
}

static inline int
subject_close(struct subject *s)
{
	pthread_mutex_destroy(&s->pool->lock);
	return reference_close(s, links_free(s->pool->first));
}

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
	if (link == NULL)
		return account_construct(account);
	account_add(&account->kept, -1);
	return link;
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
