/* SPDX-License-Identifier: MIT */
/*
 * The subject is Concurrency Kit's stack, shared by all workers with nothing in
 * front: ck_stack_push_mpmc() and ck_stack_pop_mpmc(), whose compare-and-swap
 * of two words counts the pops, so that a stack which is the same again is not
 * taken for unchanged.  A pop may read the link of an object that is lent out
 * already; no object is freed before all is over, and what it read is then
 * thrown away.
 */
#ifndef SUBJECT_CKSTACK_H
#define SUBJECT_CKSTACK_H

#include <ck_stack.h>

#include "reference_list.h"

struct pool {
	/* As the swap of two words wants it. */
	_Alignas(2 * sizeof(void *)) struct ck_stack stack;
};

static void
pool_open(struct pool *pool)
{
	ck_stack_init(&pool->stack);
}

static int64_t
pool_close(struct pool *pool)
{
	struct ck_stack_entry *entry;
	int64_t freed = 0;

	while ((entry = ck_stack_pop_mpmc(&pool->stack)) != NULL) {
		free(entry);
		freed++;
	}
	return freed;
}

static const struct reference reference = {
	.name = "ckstack",
	.pool_bytes = sizeof(struct pool),
	.pool_open = pool_open,
	.pool_close = pool_close,
};

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct account *account = worker.account;
	struct ck_stack_entry *entry = ck_stack_pop_mpmc(&account->pool->stack);

	(void)crosses;
	if (entry != NULL)
		TSAN_ACQUIRE(entry);
	return account_lend(account, entry);
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	(void)crosses;
	TSAN_RELEASE(object);
	ck_stack_push_mpmc(&worker.account->pool->stack, object);
	account_add(&worker.account->kept, 1);
}

#endif
