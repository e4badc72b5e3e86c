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

static const struct reference reference = { "wfstack", 0 };

struct pool {
	struct cds_wfs_stack stack;
};

static inline int
subject_open(struct subject *s, const struct workload *w, size_t in_use_ceiling)
{
	int error = reference_open(s, w, sizeof(struct pool));

	(void)in_use_ceiling;
	if (error == 0)
		cds_wfs_init(&s->pool->stack);
	return error;
}

static inline int
subject_close(struct subject *s)
{
	struct cds_wfs_node *node;
	int64_t freed = 0;

	while ((node = cds_wfs_pop_blocking(&s->pool->stack)) != NULL) {
		free(node);
		freed++;
	}
	cds_wfs_destroy(&s->pool->stack);
	return reference_close(s, freed);
}

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct account *account = worker.account;
	struct cds_wfs_node *node = cds_wfs_pop_blocking(&account->pool->stack);

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
	cds_wfs_node_init(object);
	REFERENCE_RETURNED(object);
	cds_wfs_push(&worker.account->pool->stack, object);
	account_add(&worker.account->kept, 1);
}

#endif
