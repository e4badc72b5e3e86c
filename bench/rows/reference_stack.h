/* SPDX-License-Identifier: MIT */
/*
 * References that are a stack of somebody else's, shared by all workers with
 * nothing in front.  Before it includes this, such a reference defines
 *
 *	STACK			the type
 *	STACK_NAME		the row's name
 *	STACK_INIT(stack), STACK_DESTROY(stack)
 *	STACK_PUSH(stack, object)
 *	STACK_POP(stack)	an object, or NULL: it is empty
 */
#ifndef REFERENCE_STACK_H
#define REFERENCE_STACK_H

#include "reference_list.h"

struct pool {
	/* As a compare-and-swap of two words wants it. */
	_Alignas(2 * sizeof(void *)) STACK stack;
};

static void
pool_open(struct pool *pool)
{
	STACK_INIT(&pool->stack);
}

static int64_t
pool_close(struct pool *pool)
{
	void *object;
	int64_t freed = 0;

	while ((object = STACK_POP(&pool->stack)) != NULL) {
		free(object);
		freed++;
	}
	STACK_DESTROY(&pool->stack);
	return freed;
}

static const struct reference reference = {
	.name = STACK_NAME,
	.pool_bytes = sizeof(struct pool),
	.pool_open = pool_open,
	.pool_close = pool_close,
};

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct account *account = worker.account;
	void *object = STACK_POP(&account->pool->stack);

	(void)crosses;
	if (object != NULL)
		TSAN_ACQUIRE(object);
	return account_lend(account, object);
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	(void)crosses;
	TSAN_RELEASE(object);
	STACK_PUSH(&worker.account->pool->stack, object);
	account_add(&worker.account->kept, 1);
}

#endif
