/* SPDX-License-Identifier: MIT */
/*
 * The thread-local convenience: each thread has a roster of its workers, one
 * for each pool that it used.  One pthread key serves all pools; its destructor
 * donates at thread exit.  What other destructors do with a pool after that is
 * done by workers for that call alone: nobody knows whether the system would
 * call ours once more.  Objects' destructors in such a call use the workers of
 * that call, which ends when there are none: a worker for each would be a stack
 * as deep as the list of objects of which one owns the next.
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

/* The calling thread.  Invariant: once it ends, workers only while inside. */
static _Thread_local struct {
	struct roster workers;
	bool ends;   /* the key's destructor has run, or does */
	bool inside; /* a call of a thread that ends, which detaches them all */
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

/* Also those that destructors attach meanwhile. */
static void
detach_all(void)
{
	struct dp_pool *pool;
	size_t place = 0;

	while ((pool = roster_any(&here.workers, &place)))
		detach(pool);
	roster_free(&here.workers);
}

static void
thread_end(void *unused)
{
	(void)unused;
	here.ends = true;
	here.inside = true;
	detach_all();
	here.inside = false;
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
 * Has the system call thread_end() when the thread ends, or not.  What failed
 * is tried again by the next one: a lack of keys may pass.  Returns 0 or an
 * errno.
 */
static int
key_set(bool call)
{
	int status = 0;

	dp__thread_lock();
	if (!shared.made && call) {
		status = pthread_key_create(&shared.key, thread_end);
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
	int error = roster_prepare(&here.workers) ? 0 : ENOMEM;

	if (error == 0 && !here.ends)
		error = key_set(true);
	if (error != 0) {
		errno = error == EAGAIN ? ENOMEM : error;
		return NULL;
	}
	struct dp_worker *worker = dp_worker_attach(pool);

	if (worker)
		roster_add(&here.workers, pool, worker);
	return worker;
}

/* A call for the calling thread's own worker.  Its caller's. */
struct visit {
	struct dp_worker *worker; /* NULL, with errno set: there is none */
	bool last;                /* detaches: the thread ends */
};

static inline struct visit
visit_begin(struct dp_pool *pool)
{
	struct dp_worker *worker = roster_find(&here.workers, pool);
	struct visit visit = { worker ? worker : attach(pool),
			       here.ends && !here.inside };

	if (visit.last)
		here.inside = true;
	return visit;
}

/* Runs at the end of its scope, also if an exception leaves that. */
static inline void
visit_end(const struct visit *visit)
{
	if (!visit->last)
		return;
	int error = errno;

	detach_all();
	here.inside = false;
	errno = error;
}

#define VISIT(pool)                                                            \
	struct visit visit __attribute__((cleanup(visit_end))) =               \
		visit_begin(pool)

void *
dp_pool_borrow(struct dp_pool *pool)
{
	VISIT(pool);

	if (!visit.worker)
		return NULL;
	dp__check_from(worker_of(visit.worker), __builtin_return_address(0));
	return dp__borrow(visit.worker);
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
	VISIT(pool);

	if (!visit.worker) {
		destruct_orphan(pool, object, __builtin_return_address(0));
		return;
	}
	dp__check_from(worker_of(visit.worker), __builtin_return_address(0));
	dp__return(visit.worker, object);
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
	/* Destructors may attach the next one. */
	while (roster_find(&here.workers, pool))
		detach(pool);
	if (here.workers.n > 0)
		return;
	roster_free(&here.workers);
	key_set(false);
}
