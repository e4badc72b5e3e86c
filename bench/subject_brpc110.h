/* SPDX-License-Identifier: MIT */
/*
 * The subject is bRPC's KeyTable pool in version 1.10: a list for each thread,
 * last in first out, and a read lock of the pool around every use of it.  A
 * miss constructs; nothing ever leaves a list for another thread, not even when
 * its own has ended: the leak that driftpool is about.
 *
 * Left out are the global list, which nothing but a reserve filled, and the
 * look-up of the thread's list, two or three times an operation: the worker's
 * handle has it, which flatters this row by some nanoseconds.
 */
#ifndef SUBJECT_BRPC110_H
#define SUBJECT_BRPC110_H

#include "reference_list.h"

static const struct reference reference = { "brpc110", SIZE_MAX };

/* Writers of the lock would be who destroys the pool. */
struct pool {
	pthread_rwlock_t lock;
};

static inline int
subject_open(struct subject *s, const struct workload *w, size_t in_use_ceiling)
{
	int error = reference_open(s, w, sizeof(struct pool));

	(void)in_use_ceiling;
	if (error == 0)
		pthread_rwlock_init(&s->pool->lock, NULL);
	return error;
}

static inline int
subject_close(struct subject *s)
{
	pthread_rwlock_destroy(&s->pool->lock);
	return reference_close(s, lists_free(s));
}

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct account *account = worker.account;
	struct list *list = account->own;
	struct link *link;

	(void)crosses;
	pthread_rwlock_rdlock(&account->pool->lock);
	link = list->first;
	if (link != NULL)
		list->first = link->next;
	pthread_rwlock_unlock(&account->pool->lock);
	if (link == NULL)
		return account_construct(account);
	account_add(&account->kept, -1);
	return link;
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	struct account *account = worker.account;
	struct list *list = account->own;
	struct link *link = object;

	(void)crosses;
	pthread_rwlock_rdlock(&account->pool->lock);
	link->next = list->first;
	list->first = link;
	pthread_rwlock_unlock(&account->pool->lock);
	account_add(&account->kept, 1);
}

#endif
