/* SPDX-License-Identifier: MIT */
/*
 * The subject is liburcu's wait-free stack, cds_wfs, shared by all workers with
 * nothing in front.  A push is one exchange and a store.  A pop takes the
 * stack's own mutex, as in subject_lfstack.h, and waits for a push whose thread
 * was stopped between the two.
 */
#ifndef SUBJECT_WFSTACK_H
#define SUBJECT_WFSTACK_H

#include <urcu/wfstack.h>

#include "reference_list.h"

struct pool {
	struct cds_wfs_stack stack;
};

static void
pool_open(struct pool *pool)
{
	cds_wfs_init(&pool->stack);
}

static int64_t
pool_close(struct pool *pool)
{
	struct cds_wfs_node *node;
	int64_t freed = 0;

	while ((node = cds_wfs_pop_blocking(&pool->stack)) != NULL) {
		free(node);
		freed++;
	}
	cds_wfs_destroy(&pool->stack);
	return freed;
}

static const struct reference reference = {
	.name = "wfstack",
	.pool_bytes = sizeof(struct pool),
	.pool_open = pool_open,
	.pool_close = pool_close,
};

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct account *account = worker.account;
	struct cds_wfs_node *node = cds_wfs_pop_blocking(&account->pool->stack);

	(void)crosses;
	if (node != NULL)
		TSAN_ACQUIRE(node);
	return account_lend(account, node);
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	(void)crosses;
	cds_wfs_node_init(object);
	TSAN_RELEASE(object);
	cds_wfs_push(&worker.account->pool->stack, object);
	account_add(&worker.account->kept, 1);
}

#endif
