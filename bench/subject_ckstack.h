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

static const struct reference reference = { "ckstack", 0 };

struct pool {
	/* As the swap of two words wants it. */
	_Alignas(2 * sizeof(void *)) struct ck_stack stack;
};

static inline int
subject_open(struct subject *s, const struct workload *w, size_t in_use_ceiling)
{
	int error = reference_open(s, w, sizeof(struct pool));

	(void)in_use_ceiling;
	if (error == 0)
		ck_stack_init(&s->pool->stack);
	return error;
}

static inline int
subject_close(struct subject *s)
{
	struct ck_stack_entry *entry;
	int64_t freed = 0;

	while ((entry = ck_stack_pop_mpmc(&s->pool->stack)) != NULL) {
		free(entry);
		freed++;
	}
	return reference_close(s, freed);
}

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct account *account = worker.account;
	struct ck_stack_entry *entry = ck_stack_pop_mpmc(&account->pool->stack);

	(void)crosses;
	if (entry == NULL)
		return account_construct(account);
	REFERENCE_BORROWED(entry);
	account_add(&account->kept, -1);
	return entry;
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	(void)crosses;
	REFERENCE_RETURNED(object);
	ck_stack_push_mpmc(&worker.account->pool->stack, object);
	account_add(&worker.account->kept, 1);
}

#endif
