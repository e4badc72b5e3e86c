/* SPDX-License-Identifier: MIT */
/*
 * The subject is bRPC's KeyTable pool in version 1.10: a list for each thread,
 * last in first out, and a read lock of the pool around every use of it.  A
 * miss constructs; nothing ever leaves a list for another thread, not even when
 * its own has ended: the leak that driftpool is about.
 *
 * Left out is all use of the global list, which only a reserve filled, and the
 * look-up of the thread's list, two or three times an operation: the worker's
 * handle has it, which flatters this row by some nanoseconds.
 */
#ifndef SUBJECT_BRPC110_H
#define SUBJECT_BRPC110_H

#include "reference_rwlock.h"

static const struct reference reference = {
	.name = "brpc110",
	.list_cap = SIZE_MAX,
	.pool_bytes = sizeof(struct pool),
	.pool_open = pool_open,
	.pool_close = pool_close,
};

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
	return account_lend(account, link);
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
