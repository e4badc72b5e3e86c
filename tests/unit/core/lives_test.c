/* SPDX-License-Identifier: MIT */
/*
 * Workers that live shortly, one after the other: what one of them took from
 * the allocator, the next one finds, or it went back.  The control leaks: what
 * its workers have, nobody gets after them.
 */
#include <driftpool/keytable.h>

#include <pthread.h>
#include <stdint.h>

#include "support/allocator.h"
#include "support/books.h"
#include "support/harness.h"

#define LIVES HARNESS_LOAD(200000)
#define LIVES_OF_THREADS HARNESS_LOAD(4000) /* a thread takes its time */
#define LIVES_FIRST 10
#define BULK_MAX 2049

static const unsigned sizes[] = { 2, 64, 1024 };
#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* What lives share. */
static struct dp_pool *pool;
static struct dp_key key;
static size_t n_bulk;

static struct dp_pool *
create(unsigned magazine_size)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.object_size = 64;
	config.magazine_size = magazine_size;
	return dp_pool_create(&config);
}

static void
lives(unsigned n, void (*live)(void))
{
	while (n-- > 0)
		live();
}

/* Blocks that n lives leave behind, beyond what the first ones need. */
static long
left_behind(unsigned n, void (*live)(void))
{
	lives(LIVES_FIRST, live);
	long before = allocator_live();

	lives(n, live);
	return allocator_live() - before;
}

static void
nothing_is_left_behind(unsigned n, void (*live)(void))
{
	/* Of those that leak a few will do. */
	long lived = leaks() ? (long)n / 100 : (long)n;
	long left = left_behind((unsigned)lived, live);

	if (leaks())
		assert_true(lived > 0 && left >= lived);
	else
		assert_int_equal(left, 0);
}

/* --- Lives ---------------------------------------------------------------- */

static void
borrow_one(void)
{
	struct dp_worker *worker = dp_worker_attach(pool);

	dp_return(worker, dp_borrow(worker));
	dp_worker_detach(worker);
}

static void
borrow_many(void)
{
	static void *objects[BULK_MAX];
	struct dp_worker *worker = dp_worker_attach(pool);

	assert_int_equal(dp_borrow_bulk(worker, objects, n_bulk), n_bulk);
	dp_return_bulk(worker, objects, n_bulk);
	dp_worker_detach(worker);
}

static void
set_in_a_table(void)
{
	struct dp_worker *worker = dp_worker_attach(pool);
	struct dp_keytable *table = NULL;

	assert_int_equal(dp_keytable_set(&table, worker, key, pool), 0);
	assert_int_equal(dp_keytable_end(&table, worker), 0);
	dp_worker_detach(worker);
}

static void *
request(void *unused)
{
	(void)unused;
	dp_pool_return(pool, dp_pool_borrow(pool));
	return NULL;
}

static void
run_a_thread(void)
{
	pthread_t thread;

	harness_equal("pthread_create()", 0,
		      (uint64_t)pthread_create(&thread, NULL, request, NULL));
	pthread_join(thread, NULL);
}

/* --- Claims --------------------------------------------------------------- */

static void
workers_that_borrow_one_leave_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SIZES; i++) {
		pool = create(sizes[i]);
		nothing_is_left_behind(LIVES, borrow_one);
		assert_int_equal(dp_pool_destroy(pool), 0);
	}
}

static void
workers_that_borrow_in_bulk_leave_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SIZES; i++) {
		pool = create(sizes[i]);
		n_bulk = 3;
		nothing_is_left_behind(LIVES, borrow_many);
		/* As many objects in all, and full magazines among them. */
		n_bulk = 2 * sizes[i] + 1;
		nothing_is_left_behind(LIVES / sizes[i] + 100, borrow_many);
		assert_int_equal(dp_pool_destroy(pool), 0);
	}
}

static void
workers_that_lend_tables_leave_nothing(void **state)
{
	(void)state;
	assert_int_equal(dp_key_create(&key, NULL), 0);
	for (size_t i = 0; i < N_SIZES; i++) {
		struct dp_config config = DP_CONFIG_INIT;

		config.magazine_size = sizes[i];
		pool = dp_keytable_pool_create(&config);
		nothing_is_left_behind(LIVES, set_in_a_table);
		assert_int_equal(dp_pool_destroy(pool), 0);
	}
	assert_int_equal(dp_key_delete(key), 0);
}

static void
threads_that_end_leave_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SIZES; i++) {
		pool = create(sizes[i]);
		nothing_is_left_behind(LIVES_OF_THREADS, run_a_thread);
		assert_int_equal(dp_pool_destroy(pool), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_that_borrow_one_leave_nothing),
		cmocka_unit_test(workers_that_borrow_in_bulk_leave_nothing),
		cmocka_unit_test(workers_that_lend_tables_leave_nothing),
		cmocka_unit_test(threads_that_end_leave_nothing),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
