/* SPDX-License-Identifier: MIT */
/*
 * The thread-local convenience: each thread has a roster of its workers, one
 * for each pool that it used.  One pthread key serves all pools; its destructor
 * donates at thread exit.  What other destructors do with a pool after that is
 * done by a worker for that call alone: nobody knows whether the system would
 * call ours once more.
 *
 * The key goes with the code: where this is part of a library that is unloaded,
 * threads of its host that end later would call what is not there any more.
 *
 * No entry outlives its pool: destroy detaches the caller's own worker, and
 * refuses while another thread's is attached.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "fork.h"
#include "pool.h"
#include "roster.h"
#include "check/watch.h"
#include "worker.h"

/* The calling thread.  Invariant: no workers come once it ends. */
static _Thread_local struct {
	struct roster workers;
	bool ends; /* the key's destructor has run */
} here;

/* Invariant: made says whether there is a key.  By the lock. */
static struct {
	pthread_mutex_t lock;
	pthread_key_t key;
	bool made;
} shared = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* First off the roster: destructors may get here again. */
static void
detach(struct dp_pool *pool)
{
	struct dp_worker *worker = roster_find(&here.workers, pool);

	roster_remove(&here.workers, pool);
	dp_worker_detach(worker);
}

static void
detach_all(void *unused)
{
	struct dp_pool *pool;
	size_t place = 0;

	(void)unused;
	/* First: what destructors attach must not come onto the roster. */
	here.ends = true;
	while ((pool = roster_any(&here.workers, &place)))
		detach(pool);
	roster_free(&here.workers);
}

void
dp__thread_lock(void)
{
	pthread_mutex_lock(&shared.lock);
}

void
dp__thread_unlock(void)
{
	pthread_mutex_unlock(&shared.lock);
}

/*
 * Has the system call detach_all() when the thread ends, or not.  What failed
 * is tried again by the next one: a lack of keys may pass.  Returns 0 or an
 * errno.
 */
static int
key_set(bool call)
{
	int status = 0;

	dp__thread_lock();
	if (!shared.made && call) {
		status = pthread_key_create(&shared.key, detach_all);
		shared.made = status == 0;
	}
	/* Any value but NULL makes it call. */
	if (shared.made)
		status = pthread_setspecific(shared.key, call ? &here : NULL);
	dp__thread_unlock();
	return status;
}

/* The code goes, or the process; in that a later thread makes a new key. */
static __attribute__((destructor)) void
key_delete(void)
{
	dp__thread_lock();
	if (shared.made)
		pthread_key_delete(shared.key);
	shared.made = false;
	dp__thread_unlock();
}

static __attribute__((noinline)) struct dp_worker *
attach(struct dp_pool *pool)
{
	int error = 0;

	if (!here.ends)
		error = roster_prepare(&here.workers) ? key_set(true) : ENOMEM;
	if (error != 0) {
		errno = error == EAGAIN ? ENOMEM : error;
		return NULL;
	}
	struct dp_worker *worker = dp_worker_attach(pool);

	if (worker && !here.ends)
		roster_add(&here.workers, pool, worker);
	return worker;
}

/* NULL with errno set. */
static struct dp_worker *
worker_begin(struct dp_pool *pool)
{
	struct dp_worker *worker = roster_find(&here.workers, pool);

	return worker ? worker : attach(pool);
}

/* What a thread that ends has attached is for one call alone.  errno stays. */
static void
worker_end(const struct dp_pool *pool, struct dp_worker *worker)
{
	int error = errno;

	if (here.ends && roster_find(&here.workers, pool) != worker)
		dp_worker_detach(worker);
	errno = error;
}

void *
dp_pool_borrow(struct dp_pool *pool)
{
	struct dp_worker *worker = worker_begin(pool);

	if (!worker)
		return NULL;
	dp__check_from(worker_of(worker), __builtin_return_address(0));
	void *object = dp__borrow(worker);

	worker_end(pool, worker);
	return object;
}

/*
 * Without a worker: nowhere to put it.  With the object an empty magazine goes,
 * which it would have filled a part of: so the bound on magazines holds.
 */
static __attribute__((noinline)) void
destruct_orphan(struct dp_pool *pool, void *object, const void *site)
{
	struct seat seat;

	dp__backend_join(&pool->backend, &seat);
	dp__check_return(pool, NULL, &object, 1, site);
	watch_returned(pool, &object, 1);
	struct magazine *m = dp__backend_take_empty(&pool->backend, &seat);

	if (m)
		pool_free_empty(pool, m);
	dp__pool_destruct(pool, &seat.counts, object);
	dp__registry_fold(&pool->registry, &seat.counts);
	dp__backend_leave(&pool->backend, &seat);
	dp__check_returned(pool, NULL, 1);
}

void
dp_pool_return(struct dp_pool *pool, void *object)
{
	struct dp_worker *worker = worker_begin(pool);

	if (!worker) {
		destruct_orphan(pool, object, __builtin_return_address(0));
		return;
	}
	dp__check_from(worker_of(worker), __builtin_return_address(0));
	dp__return(worker, object);
	worker_end(pool, worker);
}

void
dp_thread_park(struct dp_pool *pool)
{
	struct dp_worker *worker = roster_find(&here.workers, pool);

	if (worker)
		dp_worker_park(worker);
}

void
dp_thread_detach(struct dp_pool *pool)
{
	if (!roster_find(&here.workers, pool))
		return;
	detach(pool);
	if (here.workers.n > 0)
		return;
	roster_free(&here.workers);
	key_set(false);
}
