/* SPDX-License-Identifier: MIT */
/*
 * No function of the library is a cancellation point: a thread whose
 * cancellation is pending since before the call comes out of each of them.
 */
#include <driftpool/keytable.h>
#include <driftpool/openmetrics.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <time.h>
#include <urcu/urcu-bp.h>

#include "support/books.h"
#include "support/harness.h"

#define N_OBJECTS 200

/* What calls meet that would wait: a reader of liburcu, until it is told. */
static sem_t reading, read_enough;

static void *
read_for_long(void *unused)
{
	(void)unused;
	urcu_bp_read_lock();
	sem_post(&reading);
	sem_wait(&read_enough);
	urcu_bp_read_unlock();
	return NULL;
}

static int
construct(void *object, void *arg)
{
	(void)object;
	(void)arg;
	pthread_testcancel();
	return 0;
}

static void
destruct(void *object, void *arg)
{
	(void)object;
	(void)arg;
	pthread_testcancel();
}

static void
destruct_value(void *value, struct dp_keytable *table)
{
	(void)value;
	(void)table;
	pthread_testcancel();
}

static struct dp_pool *
create(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.object_size = 16;
	config.depot_limit = 1;
	config.construct = construct;
	config.destruct = destruct;
	return dp_pool_create(&config);
}

static void
use_tables(void)
{
	struct dp_config config = DP_CONFIG_INIT;
	struct dp_pool *pool = dp_keytable_pool_create(&config);
	struct dp_worker *worker = dp_worker_attach(pool);
	struct dp_keytable *table = NULL;
	struct dp_key key;
	void *value;

	dp_key_create(&key, destruct_value);
	dp_keytable_set(&table, worker, key, &key);
	dp_keytable_get(&table, worker, key, &value);
	dp_keytable_end(&table, worker);
	/* This fiber inherits the value: its destructor runs. */
	dp_keytable_set(&table, worker, key, &table);
	dp_keytable_end(&table, worker);
	dp_worker_detach(worker);
	dp_pool_destroy(pool);
	dp_key_delete(key);
}

static void
use_pool(FILE *file)
{
	struct dp_pool *pool = create();
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[N_OBJECTS];
	struct dp_stats stats;

	dp_return(worker, dp_borrow(worker));
	dp_return_bulk(worker, objects,
		       dp_borrow_bulk(worker, objects, N_OBJECTS));
	dp_pool_return(pool, dp_pool_borrow(pool));
	dp_thread_park(pool);
	dp_worker_park(worker);
	dp_worker_bind(worker);
	dp_worker_place(worker, 0);
	dp_pool_reserve(pool, 3);
	dp_pool_trim(pool, 0);
	dp_pool_stats(pool, &stats);
	dp_stats_write_openmetrics(pool, file);
	dp_fork_prepare();
	dp_fork_parent();
	dp_thread_detach(pool);
	dp_worker_detach(worker);
	dp_pool_audit(pool);
	dp_pool_destroy(pool);
}

/* Written by a thread, read when that has ended. */
static bool came_out;

static void *
use_all(void *file)
{
	pthread_cancel(pthread_self());
	use_pool(file);
	use_tables();
	came_out = true;
	/*
	 * The control: it was pending all the time.  AddressSanitizer does not
	 * see that the stack is unwound, and takes what is left of it amiss.
	 */
	if (!HARNESS_ASAN)
		pthread_testcancel();
	return NULL;
}

static void *
detach_cancelled(void *pool)
{
	struct dp_worker *worker = dp_worker_attach(pool);

	pthread_cancel(pthread_self());
	dp_worker_detach(worker);
	came_out = true;
	return NULL;
}

/*
 * It polls, after a while: there the reader has it wait for as long as anybody
 * would have it.  The result does not depend on how long that is; only a
 * library that is a cancellation point has to be given time to be cancelled.
 */
static void
detach_that_waits_for_readers_is_none(void **state)
{
	const struct timespec while_it_polls = { .tv_nsec = 100 * 1000 * 1000 };
	struct dp_pool *pool = create();
	pthread_t reader, thread;

	(void)state;
	came_out = false;
	sem_init(&reading, 0, 0);
	sem_init(&read_enough, 0, 0);
	assert_int_equal(pthread_create(&reader, NULL, read_for_long, NULL), 0);
	sem_wait(&reading);
	assert_int_equal(pthread_create(&thread, NULL, detach_cancelled, pool),
			 0);
	nanosleep(&while_it_polls, NULL);
	sem_post(&read_enough);
	pthread_join(reader, NULL);
	pthread_join(thread, NULL);
	assert_true(came_out);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
no_function_is_a_cancellation_point(void **state)
{
	FILE *file = tmpfile();
	pthread_t thread;
	void *result;

	(void)state;
	came_out = false;
	assert_int_equal(pthread_create(&thread, NULL, use_all, file), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_true(came_out);
	assert_ptr_equal(result, HARNESS_ASAN ? NULL : PTHREAD_CANCELED);
	assert_true(ftell(file) > 0);
	fclose(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_function_is_a_cancellation_point),
		cmocka_unit_test(detach_that_waits_for_readers_is_none),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
