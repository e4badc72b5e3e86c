/* SPDX-License-Identifier: MIT */
/*
 * The subject is liburcu's lock-free stack, cds_lfs, shared by all workers with
 * nothing in front.  Pushes are lock-free; pops take the stack's own mutex, one
 * of the protections against ABA that its header asks for.  The other one, RCU,
 * would have each object wait for a grace period before it is pushed again,
 * which a pool cannot afford.
 */
#ifndef SUBJECT_LFSTACK_H
#define SUBJECT_LFSTACK_H

#include <urcu/lfstack.h>

#include "reference_list.h"

struct pool {
	struct cds_lfs_stack stack;
};

static void
pool_open(struct pool *pool)
{
	cds_lfs_init(&pool->stack);
}

static int64_t
pool_close(struct pool *pool)
{
	struct cds_lfs_node *node;
	int64_t freed = 0;

	while ((node = cds_lfs_pop_blocking(&pool->stack)) != NULL) {
		free(node);
		freed++;
	}
	cds_lfs_destroy(&pool->stack);
	return freed;
}

static const struct reference reference = {
	.name = "lfstack",
	.pool_bytes = sizeof(struct pool),
	.pool_open = pool_open,
	.pool_close = pool_close,
};

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct account *account = worker.account;
	struct cds_lfs_node *node = cds_lfs_pop_blocking(&account->pool->stack);

	(void)crosses;
	if (node != NULL)
		TSAN_ACQUIRE(node);
	return account_lend(account, node);
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	(void)crosses;
	TSAN_RELEASE(object);
	cds_lfs_push(&worker.account->pool->stack, object);
	account_add(&worker.account->kept, 1);
}

#endif
