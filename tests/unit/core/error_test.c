/* SPDX-License-Identifier: MIT */
/*
 * The constructor fails, a return finds no memory, destroy is refused: each as
 * the header says, and the pool stays as it was, so that the same call succeeds
 * once the cause is gone.
 */
#include <driftpool/pool.h>

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>
#include <cmocka.h>

#include "support/allocator.h"
#include "support/books.h"

#define M 4
#define N_OBJECTS (3 * M)

/* What the constructor is to do, and what it and the destructor have seen. */
struct maker {
	int fails_at; /* this call, from 1; 0: none */
	int error;
	int calls;
	int constructed;
	int destructed;
};

static int
construct(void *object, void *arg)
{
	struct maker *maker = arg;

	maker->calls++;
	if (maker->calls == maker->fails_at)
		return -maker->error;
	memset(object, 1, 40);
	maker->constructed++;
	return 0;
}

static void
destruct(void *object, void *arg)
{
	struct maker *maker = arg;

	memset(object, 0, 40);
	maker->destructed++;
}

static struct dp_pool *
create(struct maker *maker)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "error_test";
	config.object_size = 40;
	config.magazine_size = M;
	config.construct = construct;
	config.destruct = destruct;
	config.arg = maker;
	return dp_pool_create(&config);
}

/* --- The constructor fails ---------------------------------------------- */

static void
borrow_reports_what_the_constructor_reported(void **state)
{
	struct maker maker = { .fails_at = 2, .error = EPERM };
	struct dp_pool *pool = create(&maker);
	struct dp_worker *worker = dp_worker_attach(pool);
	long live;

	(void)state;
	void *first = dp_borrow(worker);
	struct dp_stats before = books(pool);

	live = allocator_live();
	errno = 0;
	assert_null(dp_borrow(worker));
	assert_int_equal(errno, EPERM);
	struct dp_stats after = books(pool);

	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(allocator_live(), live);
	balanced_stats(pool);
	/* What was not constructed is not destructed either. */
	assert_int_equal(maker.destructed, 0);
	/* The next one is constructed again. */
	void *second = dp_borrow(worker);

	assert_non_null(second);
	dp_return(worker, first);
	dp_return(worker, second);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
	assert_int_equal(maker.constructed, maker.destructed);
}

static void
bulk_borrow_that_fails_in_the_middle_says_how_many(void **state)
{
	void *objects[2 * N_OBJECTS];

	(void)state;
	for (int fails_at = 1; fails_at <= N_OBJECTS; fails_at++) {
		struct maker maker = { .fails_at = fails_at, .error = EACCES };
		struct dp_pool *pool = create(&maker);
		struct dp_worker *worker = dp_worker_attach(pool);

		errno = 0;
		size_t n = dp_borrow_bulk(worker, objects, N_OBJECTS);

		assert_int_equal(n, fails_at - 1);
		assert_int_equal(errno, EACCES);
		balanced_stats(pool);
		/* The rest can be had by asking again. */
		n += dp_borrow_bulk(worker, objects + n, N_OBJECTS - n);
		assert_int_equal(n, N_OBJECTS);
		dp_return_bulk(worker, objects, n);
		balanced_stats(pool);
		dp_worker_detach(worker);
		assert_int_equal(dp_pool_destroy(pool), 0);
		assert_int_equal(maker.constructed, maker.destructed);
	}
}

static void
bulk_borrow_that_fails_has_first_taken_what_lies_ready(void **state)
{
	struct maker maker = { .fails_at = M + 3, .error = EPERM };
	struct dp_pool *pool = create(&maker);
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[N_OBJECTS];

	(void)state;
	assert_int_equal(dp_borrow_bulk(worker, objects, M + 2), M + 2);
	dp_return_bulk(worker, objects, M + 2);
	assert_int_equal(dp_borrow_bulk(worker, objects, N_OBJECTS), M + 2);
	assert_int_equal(errno, EPERM);
	dp_return_bulk(worker, objects, M + 2);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
reserve_reports_what_the_constructor_reported_and_keeps_none(void **state)
{
	(void)state;
	if (leaks())
		return;
	for (int fails_at = 1; fails_at <= N_OBJECTS; fails_at++) {
		struct maker maker = { .fails_at = fails_at, .error = EPERM };
		struct dp_pool *pool = create(&maker);
		struct dp_stats before = books(pool);

		assert_int_equal(dp_pool_reserve(pool, N_OBJECTS), -EPERM);
		struct dp_stats after = books(pool);

		assert_memory_equal(&before, &after, sizeof(before));
		assert_int_equal(maker.constructed, maker.destructed);
		balanced_stats(pool);
		assert_int_equal(dp_pool_reserve(pool, N_OBJECTS), 0);
		balanced_stats(pool);
		assert_int_equal(dp_pool_destroy(pool), 0);
		assert_int_equal(maker.constructed, maker.destructed);
	}
}

/* --- Return has no memory ----------------------------------------------- */

/* Returns 3M objects on a fresh worker; how many were destructed meanwhile. */
static uint64_t
destructed_by_return(unsigned long first_failure)
{
	struct maker maker = { 0 };
	struct dp_pool *pool = create(&maker);
	struct dp_worker *a = dp_worker_attach(pool);
	struct dp_worker *b = dp_worker_attach(pool);
	void *objects[N_OBJECTS];
	struct dp_stats stats;

	assert_int_equal(dp_borrow_bulk(a, objects, N_OBJECTS), N_OBJECTS);
	allocator_fail(first_failure, ALLOCATOR_FOREVER);
	for (int i = 0; i < N_OBJECTS; i++)
		dp_return(b, objects[i]);
	allocator_fail(0, 0);
	dp_pool_stats(pool, &stats);
	assert_int_equal(stats.in_use, 0);
	assert_int_equal(stats.destructed, maker.destructed);
	balanced_stats(pool);
	dp_worker_detach(a);
	dp_worker_detach(b);
	assert_int_equal(dp_pool_destroy(pool), 0);
	return stats.destructed;
}

static void
return_without_memory_for_a_magazine_destructs_the_object(void **state)
{
	(void)state;
	assert_int_equal(destructed_by_return(0), 0);
	assert_in_range(destructed_by_return(1), 1, N_OBJECTS - 1);
}

static void
return_without_memory_for_a_thread_local_worker_destructs(void **state)
{
	struct maker maker = { 0 };
	struct dp_pool *pool = create(&maker);
	struct dp_worker *worker = dp_worker_attach(pool);
	void *object = dp_borrow(worker);
	struct dp_stats stats;

	(void)state;
	allocator_fail(1, ALLOCATOR_FOREVER);
	errno = 0;
	assert_null(dp_pool_borrow(pool));
	assert_int_equal(errno, ENOMEM);
	dp_pool_return(pool, object);
	allocator_fail(0, 0);
	assert_int_equal(maker.destructed, 1);
	dp_pool_stats(pool, &stats);
	assert_int_equal(stats.in_use, 0);
	assert_int_equal(stats.workers, 1);
	balanced_stats(pool);
	/* With memory it is kept. */
	object = dp_borrow(worker);
	dp_pool_return(pool, object);
	assert_int_equal(maker.destructed, 1);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

/* --- Destroy is refused ------------------------------------------------- */

static void
destroy_is_busy_while_a_worker_is_attached(void **state)
{
	struct maker maker = { 0 };
	struct dp_pool *pool = create(&maker);
	struct dp_worker *worker = dp_worker_attach(pool);

	(void)state;
	dp_return(worker, dp_borrow(worker));
	struct dp_stats before = books(pool);

	assert_int_equal(dp_pool_destroy(pool), -EBUSY);
	struct dp_stats after = books(pool);

	assert_memory_equal(&before, &after, sizeof(before));
	/* The pool works as before, and goes once the worker has gone. */
	dp_return(worker, dp_borrow(worker));
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
	assert_int_equal(maker.constructed, maker.destructed);
}

static void
destroy_is_busy_while_an_object_is_in_use(void **state)
{
	struct maker maker = { 0 };
	struct dp_pool *pool = create(&maker);
	struct dp_worker *worker = dp_worker_attach(pool);
	void *object = dp_borrow(worker);

	(void)state;
	dp_worker_detach(worker);
	struct dp_stats before = books(pool);

	assert_int_equal(before.workers, 0);
	assert_int_equal(before.in_use, 1);
	assert_int_equal(dp_pool_destroy(pool), -EBUSY);
	struct dp_stats after = books(pool);

	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(maker.destructed, 0);
	worker = dp_worker_attach(pool);
	dp_return(worker, object);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
	assert_int_equal(maker.destructed, 1);
}

static void
destroy_detaches_the_callers_thread_local_worker_first(void **state)
{
	struct maker maker = { 0 };
	struct dp_pool *pool = create(&maker);

	(void)state;
	dp_pool_return(pool, dp_pool_borrow(pool));
	assert_int_equal(books(pool).workers, 1);
	assert_int_equal(dp_pool_destroy(pool), 0);
	assert_int_equal(maker.constructed, maker.destructed);
}

static void
destroy_that_is_busy_still_detaches_that_worker(void **state)
{
	struct maker maker = { 0 };
	struct dp_pool *pool = create(&maker);
	void *object = dp_pool_borrow(pool);

	(void)state;
	assert_int_equal(dp_pool_destroy(pool), -EBUSY);
	assert_int_equal(books(pool).workers, 0);
	assert_int_equal(books(pool).in_use, 1);
	/* The thread gets another one at its next use. */
	dp_pool_return(pool, object);
	assert_int_equal(books(pool).workers, 1);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
null_is_destroyed_and_detached_at_no_cost(void **state)
{
	(void)state;
	assert_int_equal(dp_pool_destroy(NULL), 0);
	dp_worker_detach(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(borrow_reports_what_the_constructor_reported),
		cmocka_unit_test(
			bulk_borrow_that_fails_in_the_middle_says_how_many),
		cmocka_unit_test(
			bulk_borrow_that_fails_has_first_taken_what_lies_ready),
		cmocka_unit_test(
			reserve_reports_what_the_constructor_reported_and_keeps_none),
		cmocka_unit_test(
			return_without_memory_for_a_magazine_destructs_the_object),
		cmocka_unit_test(
			return_without_memory_for_a_thread_local_worker_destructs),
		cmocka_unit_test(destroy_is_busy_while_a_worker_is_attached),
		cmocka_unit_test(destroy_is_busy_while_an_object_is_in_use),
		cmocka_unit_test(
			destroy_detaches_the_callers_thread_local_worker_first),
		cmocka_unit_test(
			destroy_that_is_busy_still_detaches_that_worker),
		cmocka_unit_test(null_is_destroyed_and_detached_at_no_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
