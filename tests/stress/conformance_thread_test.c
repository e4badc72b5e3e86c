/* SPDX-License-Identifier: MIT */
/*
 * Pools of tables among threads: destroyed while they return, destructors that
 * wait for a returner, threads that end with a table held, and fork().
 */
#include <driftpool/keytable.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/books.h"
#include "support/harness.h"

#define M 8
#define THREADS 3
#define WATCHDOG_S 60

static struct scene {
	struct dp_pool *pool;
	struct dp_key key;
	pthread_mutex_t lock;
	_Atomic unsigned made, destructed;
	_Atomic unsigned attached;
	_Atomic bool go_on;   /* of threads that wait */
	_Atomic bool waiting; /* a destructor does */
} scene;

static void
add_one(_Atomic unsigned *count)
{
	/* TK5 relaxed: read when the threads were joined. */
	atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

static unsigned
read_count(_Atomic unsigned *count)
{
	/* TK6 relaxed: see TK5; and how many are attached tells no more. */
	return atomic_load_explicit(count, memory_order_relaxed);
}

static void
raise_flag(_Atomic bool *flag)
{
	/* TK7 release: pairs with TK8. */
	atomic_store_explicit(flag, true, memory_order_release);
}

static bool
is_raised(_Atomic bool *flag)
{
	/* TK8 acquire: pairs with TK7. */
	return atomic_load_explicit(flag, memory_order_acquire);
}

static void
await(_Atomic bool *flag)
{
	while (!is_raised(flag))
		sched_yield();
}

static void
destruct(void *value, struct dp_keytable *table)
{
	(void)value;
	(void)table;
	add_one(&scene.destructed);
}

static void
begin(void (*destructor)(void *value, struct dp_keytable *table))
{
	struct dp_config config = DP_CONFIG_INIT;

	scene = (struct scene){ .lock = PTHREAD_MUTEX_INITIALIZER };
	config.name = "conformance_thread_test";
	config.magazine_size = M;
	scene.pool = dp_keytable_pool_create(&config);
	assert_int_equal(dp_key_create(&scene.key, destructor), 0);
}

/* pre: the pool is destroyed */
static void
end(void)
{
	assert_int_equal(read_count(&scene.destructed),
			 read_count(&scene.made));
	assert_int_equal(dp_key_delete(scene.key), 0);
}

/* A fiber gets its table, and makes a value if there is none. */
static struct dp_keytable *
begin_fiber(struct dp_worker *worker)
{
	static char some;
	struct dp_keytable *table = NULL;
	void *value = NULL;

	harness_equal(
		"get", 0,
		(uint64_t)dp_keytable_get(&table, worker, scene.key, &value));
	if (!value) {
		add_one(&scene.made);
		harness_equal("set", 0,
			      (uint64_t)dp_keytable_set(&table, worker,
							scene.key, &some));
	}
	return table;
}

static void
end_fiber(struct dp_worker *worker, struct dp_keytable *table)
{
	harness_equal("end", 0, (uint64_t)dp_keytable_end(&table, worker));
}

/* --- Destroy races ------------------------------------------------------- */

/* The last one holds a table across all attempts of the others. */
static void
return_or_destroy(void *context, unsigned index)
{
	struct dp_worker *worker;

	(void)context;
	if (index == THREADS) {
		while (read_count(&scene.attached) < THREADS)
			sched_yield();
		while (dp_pool_destroy(scene.pool) == -EBUSY)
			sched_yield();
		return;
	}
	worker = dp_worker_attach(scene.pool);
	add_one(&scene.attached);
	struct dp_keytable *held = begin_fiber(worker);

	for (int i = 0; i < 4096; i++)
		end_fiber(worker, begin_fiber(worker));
	end_fiber(worker, held);
	dp_worker_detach(worker);
}

static void
destroy_races_with_the_last_returns(void **state)
{
	(void)state;
	for (int turn = 0; turn < HARNESS_LOAD(32); turn++) {
		begin(destruct);
		harness_race(THREADS + 1, return_or_destroy, NULL);
		end();
	}
}

/* --- Destructors that wait ----------------------------------------------- */

static void
wait_for_returner(void *value, struct dp_keytable *table)
{
	destruct(value, table);
	raise_flag(&scene.waiting);
	pthread_mutex_lock(&scene.lock);
	pthread_mutex_unlock(&scene.lock);
}

/* Returns more than caches hold, with the lock that the destructor wants. */
static void *
return_with_lock(void *unused)
{
	struct dp_worker *worker = dp_worker_attach(scene.pool);
	struct dp_keytable *tables[8 * M];

	for (int i = 0; i < 8 * M; i++)
		tables[i] = begin_fiber(worker);
	pthread_mutex_lock(&scene.lock);
	raise_flag(&scene.go_on);
	await(&scene.waiting);
	for (int i = 0; i < 8 * M; i++)
		end_fiber(worker, tables[i]);
	dp_worker_detach(worker);
	pthread_mutex_unlock(&scene.lock);
	return unused;
}

static void
destructor_waits_for_a_thread_that_returns(void **state)
{
	static char other;

	(void)state;
	/* In a trim, which `none` has nothing for; in a set. */
	for (int by_trim = leaks() ? 0 : 1; by_trim >= 0; by_trim--) {
		pthread_t thread;

		begin(wait_for_returner);
		struct dp_worker *worker = dp_worker_attach(scene.pool);
		struct dp_keytable *table = begin_fiber(worker);

		assert_int_equal(
			pthread_create(&thread, NULL, return_with_lock, NULL),
			0);
		await(&scene.go_on);
		end_fiber(worker, table);
		if (by_trim) {
			dp_worker_detach(worker);
			assert_int_equal(dp_pool_trim(scene.pool, 0) > 0, 1);
			worker = dp_worker_attach(scene.pool);
		} else {
			table = NULL;
			add_one(&scene.made);
			assert_int_equal(dp_keytable_set(&table, worker,
							 scene.key, &other),
					 0);
			end_fiber(worker, table);
		}
		pthread_join(thread, NULL);
		dp_worker_detach(worker);
		assert_int_equal(dp_pool_destroy(scene.pool), 0);
		end();
	}
}

/* --- Threads that end ---------------------------------------------------- */

static void *
hold_and_exit(void *place)
{
	struct dp_worker *worker = dp_worker_attach(scene.pool);

	*(struct dp_keytable **)place = begin_fiber(worker);
	dp_worker_detach(worker);
	return NULL;
}

static void
table_outlives_the_thread_that_borrowed_it(void **state)
{
	struct dp_keytable *table = NULL;
	pthread_t thread;
	void *value;

	(void)state;
	begin(destruct);
	assert_int_equal(pthread_create(&thread, NULL, hold_and_exit, &table),
			 0);
	pthread_join(thread, NULL);
	assert_int_equal(balanced_stats(scene.pool).in_use, 1);
	assert_int_equal(dp_pool_destroy(scene.pool), -EBUSY);
	struct dp_worker *worker = dp_worker_attach(scene.pool);

	assert_int_equal(dp_keytable_get(&table, worker, scene.key, &value), 0);
	assert_non_null(value);
	end_fiber(worker, table);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(scene.pool), 0);
	end();
}

/* --- fork ---------------------------------------------------------------- */

/* Lives, and makes and deletes keys, until told to stop. */
static void *
live(void *unused)
{
	struct dp_worker *worker = dp_worker_attach(scene.pool);

	raise_flag(&scene.waiting);
	while (!is_raised(&scene.go_on)) {
		struct dp_key key;

		end_fiber(worker, begin_fiber(worker));
		dp_key_create(&key, NULL);
		dp_key_delete(key);
	}
	dp_worker_detach(worker);
	return unused;
}

/* All that a fiber does, on the inherited worker and on a new pool. */
static void
use_child(struct dp_worker *worker, struct dp_keytable *table)
{
	struct dp_config config = DP_CONFIG_INIT;
	struct dp_key key;
	void *value = NULL;

	harness_equal(
		"inherited value", 0,
		(uint64_t)dp_keytable_get(&table, worker, scene.key, &value));
	harness_equal("inherited value", true, value != NULL);
	end_fiber(worker, table);
	end_fiber(worker, begin_fiber(worker));
	harness_equal("key", 0, (uint64_t)dp_key_create(&key, NULL));
	harness_equal("no key", 0, (uint64_t)dp_key_delete(key));
	dp_worker_detach(worker);
	scene.pool = dp_keytable_pool_create(&config);
	worker = dp_worker_attach(scene.pool);
	end_fiber(worker, begin_fiber(worker));
	dp_worker_detach(worker);
	unsigned before = read_count(&scene.destructed);

	harness_equal("destroy", 0, (uint64_t)dp_pool_destroy(scene.pool));
	harness_equal("destructed", before + 1, read_count(&scene.destructed));
}

static void
child_of_a_process_with_threads_goes_on(void **state)
{
	(void)state;
	begin(destruct);
	struct dp_worker *worker = dp_worker_attach(scene.pool);
	struct dp_keytable *table = begin_fiber(worker);
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, live, NULL), 0);
	await(&scene.waiting);
	for (int turn = 0; turn < HARNESS_LOAD(40); turn++) {
		int status = -1;

		dp_fork_prepare();
		pid_t child = fork();

		if (child == 0) {
			alarm(WATCHDOG_S);
			dp_fork_child();
			use_child(worker, table);
			harness_leave(0);
		}
		dp_fork_parent();
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	raise_flag(&scene.go_on);
	pthread_join(thread, NULL);
	end_fiber(worker, table);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(scene.pool), 0);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(destroy_races_with_the_last_returns),
		cmocka_unit_test(destructor_waits_for_a_thread_that_returns),
		cmocka_unit_test(table_outlives_the_thread_that_borrowed_it),
		cmocka_unit_test(child_of_a_process_with_threads_goes_on),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
