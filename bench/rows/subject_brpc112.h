/* SPDX-License-Identifier: MIT */
/*
 * The subject is bRPC's KeyTable pool from version 1.12: a list for each
 * thread, first in first out, under the pool's read lock.  A list that exceeds
 * its cap gives its oldest objects to a global list, walking them to find their
 * end; an empty one takes some from there, one by one.  Both hold the write
 * lock, so everybody waits.  Lists of threads that ended stay as they are.
 *
 * The handle spares look-ups, as in subject_brpc110.h.  That the global list
 * is empty is seen before the read lock is released; after it was a race.
 */
#ifndef SUBJECT_BRPC112_H
#define SUBJECT_BRPC112_H

#include "reference_rwlock.h"

#define LIST_CAP 4000u
#define FLUSH_OBJECTS (LIST_CAP / 2)
#define REFILL_OBJECTS 200u

static const struct reference reference = {
	.name = "brpc112",
	.list_cap = LIST_CAP,
	.pool_bytes = sizeof(struct pool),
	.pool_open = pool_open,
	.pool_close = pool_close,
};

/* Moves objects from the global list, as long as it has some. */
static __attribute__((noinline)) struct link *
account_refill(struct account *a)
{
	struct link *link;
	int64_t n = 0;

	pthread_rwlock_wrlock(&a->pool->lock);
	while (n < REFILL_OBJECTS && (link = a->pool->first) != NULL) {
		a->pool->first = link->next;
		list_append(a->own, link);
		n++;
	}
	link = list_take(a->own);
	pthread_rwlock_unlock(&a->pool->lock);
	account_add(&a->given, -n);
	account_add(&a->refills, n > 0);
	return link;
}

static __attribute__((noinline)) void
account_flush(struct account *a)
{
	struct list *list = a->own;
	struct link *first, *last;

	pthread_rwlock_wrlock(&a->pool->lock);
	first = last = list->first;
	for (unsigned i = 1; i < FLUSH_OBJECTS; i++)
		last = last->next;
	list->first = last->next;
	list->length -= FLUSH_OBJECTS;
	last->next = a->pool->first;
	a->pool->first = first;
	pthread_rwlock_unlock(&a->pool->lock);
	account_add(&a->given, FLUSH_OBJECTS);
	account_add(&a->flushes, 1);
}

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct account *account = worker.account;
	struct link *link;
	bool more;

	(void)crosses;
	pthread_rwlock_rdlock(&account->pool->lock);
	link = list_take(account->own);
	more = link == NULL && account->pool->first != NULL;
	pthread_rwlock_unlock(&account->pool->lock);
	if (more)
		link = account_refill(account);
	return account_lend(account, link);
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	struct account *account = worker.account;
	size_t length;

	(void)crosses;
	pthread_rwlock_rdlock(&account->pool->lock);
	length = list_append(account->own, object);
	pthread_rwlock_unlock(&account->pool->lock);
	account_add(&account->kept, 1);
	if (length > LIST_CAP)
		account_flush(account);
}

#endif
