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

static const struct reference reference = { "lfstack", 0 };

struct pool {
	struct cds_lfs_stack stack;
};

static inline int
subject_open(struct subject *s, const struct workload *w, size_t in_use_ceiling)
{
	int error = reference_open(s, w, sizeof(struct pool));

	(void)in_use_ceiling;
	if (error == 0)
		cds_lfs_init(&s->pool->stack);
	return error;
}

static inline int
subject_close(struct subject *s)
{
	struct cds_lfs_node *node;
	int64_t freed = 0;

	while ((node = cds_lfs_pop_blocking(&s->pool->stack)) != NULL) {
		free(node);
		freed++;
	}
	cds_lfs_destroy(&s->pool->stack);
	return reference_close(s, freed);
}

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct account *account = worker.account;
	struct cds_lfs_node *node = cds_lfs_pop_blocking(&account->pool->stack);

	(void)crosses;
	if (node == NULL)
		return account_construct(account);
	REFERENCE_BORROWED(node);
	account_add(&account->kept, -1);
	return node;
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	(void)crosses;
	REFERENCE_RETURNED(object);
	cds_lfs_push(&worker.account->pool->stack, object);
	account_add(&worker.account->kept, 1);
}

#endif
