/* SPDX-License-Identifier: MIT */
/*
 * The thread-local convenience: each thread has a table of its workers, one for
 * each pool that it used.  One pthread key serves all pools; its destructor
 * donates at thread exit.  What other destructors do with a pool after that
 * makes a new table, and the system calls the destructor again.
 *
 * No entry outlives its pool: destroy detaches the caller's own worker, and
 * refuses while another thread's is attached.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "pool.h"
#include "watch.h"
#include "worker.h"

struct entry {
	struct dp_pool *pool;
	struct dp_worker *worker;
};

/* Invariant: n <= capacity; no pool twice.  The thread's own. */
struct table {
	unsigned n;
	unsigned capacity;
	struct entry *entries;
};

static _Thread_local struct table table;

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int key_status; /* of creating it: 0 or an errno */

static void
detach_all(void *unused)
{
	(void)unused;
	while (table.n > 0)
		dp_worker_detach(table.entries[--table.n].worker);
	free(table.entries);
	table = (struct table){ 0 };
}

static void
key_create(void)
{
	key_status = pthread_key_create(&key, detach_all);
}

static struct entry *
table_find(const struct dp_pool *pool)
{
	for (unsigned i = 0; i < table.n; i++)
		if (table.entries[i].pool == pool)
			return &table.entries[i];
	return NULL;
}

/* Room for one more, and the key set.  Returns 0 or an errno. */
static int
table_prepare(void)
{
	pthread_once(&key_once, key_create);
	if (key_status != 0)
		return key_status;
	if (table.n == table.capacity) {
		unsigned capacity = table.capacity ? table.capacity * 2 : 4;
		struct entry *entries =
			realloc(table.entries, capacity * sizeof(*entries));

		if (!entries)
			return ENOMEM;
		table.entries = entries;
		table.capacity = capacity;
	}
	/* Any value but NULL makes the system call detach_all(). */
	return pthread_setspecific(key, &table);
}

static __attribute__((noinline)) struct dp_worker *
attach(struct dp_pool *pool)
{
	int error = table_prepare();

	if (error != 0) {
		errno = error == EAGAIN ? ENOMEM : error;
		return NULL;
	}
	struct dp_worker *worker = dp_worker_attach(pool);

	if (worker)
		table.entries[table.n++] = (struct entry){ pool, worker };
	return worker;
}

/* NULL with errno set. */
static struct dp_worker *
worker_here(struct dp_pool *pool)
{
	const struct entry *entry = table_find(pool);

	return entry ? entry->worker : attach(pool);
}

void *
dp_pool_borrow(struct dp_pool *pool)
{
	struct dp_worker *worker = worker_here(pool);

	if (!worker)
		return NULL;
	dp__check_from(worker_of(worker), __builtin_return_address(0));
	return dp__borrow(worker);
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
	struct dp_worker *worker = worker_here(pool);

	if (!worker) {
		destruct_orphan(pool, object, __builtin_return_address(0));
		return;
	}
	dp__check_from(worker_of(worker), __builtin_return_address(0));
	dp__return(worker, object);
}

void
dp_thread_park(struct dp_pool *pool)
{
	const struct entry *entry = table_find(pool);

	if (entry)
		dp_worker_park(entry->worker);
}

void
dp_thread_detach(struct dp_pool *pool)
{
	struct entry *entry = table_find(pool);

	if (!entry)
		return;
	struct dp_worker *worker = entry->worker;

	*entry = table.entries[--table.n];
	dp_worker_detach(worker);
}
