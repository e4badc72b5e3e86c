/* SPDX-License-Identifier: MIT */
/*
 * All pools, and all their locks around fork(), in the lock order of backend.h.
 * Whatever no lock protects is whole at every instant: the stacks are.
 */
#include "fork.h"

#include <pthread.h>
#include <urcu/urcu-bp.h>

#include "keytable/keys.h"
#include "memory/arenas.h"
#include "pool.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* protects first */
static struct dp_pool *first;

void
dp__fork_add(struct dp_pool *pool)
{
	pthread_mutex_lock(&lock);
	pool->next = first;
	pool->here = &first;
	if (first)
		first->here = &pool->next;
	first = pool;
	pthread_mutex_unlock(&lock);
}

void
dp__fork_remove(struct dp_pool *pool)
{
	pthread_mutex_lock(&lock);
	*pool->here = pool->next;
	if (pool->next)
		pool->next->here = pool->here;
	pthread_mutex_unlock(&lock);
}

#if DP_CHECKED
struct dp_pool *
dp__fork_lock(void)
{
	pthread_mutex_lock(&lock);
	return first;
}

void
dp__fork_unlock(void)
{
	pthread_mutex_unlock(&lock);
}
#endif

void
dp_fork_prepare(void)
{
	/* First: who holds one of ours never waits for a grace period. */
	urcu_bp_before_fork();
	pthread_mutex_lock(&lock);
	for (struct dp_pool *pool = first; pool; pool = pool->next) {
		pthread_mutex_lock(&pool->registry.lock);
		pthread_mutex_lock(&pool->store.lock);
		dp__backend_lock(&pool->backend);
		dp__check_lock(pool);
	}
	dp__keys_lock();
	dp__thread_lock();
	dp__arenas_lock();
}

static void
unlock_all(void)
{
	dp__arenas_unlock();
	dp__thread_unlock();
	dp__keys_unlock();
	for (struct dp_pool *pool = first; pool; pool = pool->next) {
		dp__check_unlock(pool);
		dp__backend_unlock(&pool->backend);
		pthread_mutex_unlock(&pool->store.lock);
		pthread_mutex_unlock(&pool->registry.lock);
	}
	pthread_mutex_unlock(&lock);
}

void
dp_fork_parent(void)
{
	unlock_all();
	urcu_bp_after_fork_parent();
}

void
dp_fork_child(void)
{
	unlock_all();
	urcu_bp_after_fork_child();
}
