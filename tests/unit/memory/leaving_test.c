/* SPDX-License-Identifier: MIT */
/*
 * Constructors that do not return: the thread ends in them, which unwinds the
 * stack as a C++ exception does.  Nothing is lost by that: no place of
 * max_objects, no object that the call had by then, nothing of a reserve.  A
 * cancellation waits, and a destructor that does not return ends the process.
 */
#include <driftpool/pool.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/books.h"
#include "support/fate.h"
#include "support/harness.h"

#define M 4
#define N_OBJECTS (3 * M)

/* Which constructor leaves, counted from 1; 0: none. */
static struct {
	int calls, leaves_at;
	bool by_cancel;
} constructors;

static int
construct(void *object, void *arg)
{
	(void)object;
	(void)arg;
	if (++constructors.calls == constructors.leaves_at)
		pthread_exit(NULL);
	if (constructors.by_cancel)
		pthread_testcancel();
	return 0;
}

static struct dp_pool *
create(void (*destruct)(void *object, void *arg))
{
	struct dp_config config = DP_CONFIG_INIT;

	memset(&constructors, 0, sizeof(constructors));
	config.name = "leaving_test";
	config.object_size = 24;
	config.magazine_size = M;
	config.max_objects = N_OBJECTS;
	config.construct = construct;
	config.destruct = destruct;
	return dp_pool_create(&config);
}

/* Runs body(pool) on a thread of its own, which ends in it or after it. */
static void *
run(void *(*body)(void *pool), struct dp_pool *pool)
{
	pthread_t thread;
	void *result;

	assert_int_equal(pthread_create(&thread, NULL, body, pool), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	return result;
}

/* All places are there: as many objects can be had as before. */
static void
end(struct dp_pool *pool)
{
	struct dp_worker *worker = dp_worker_attach(pool);
	struct dp_stats stats = balanced_stats(pool);
	void *objects[N_OBJECTS];
	/* The control keeps those of workers that are gone. */
	size_t n = N_OBJECTS -
		   (leaks() ? (size_t)(stats.cached + stats.depot) : 0);

	constructors.leaves_at = 0;
	assert_int_equal(stats.in_use, 0);
	assert_int_equal(dp_borrow_bulk(worker, objects, N_OBJECTS), n);
	assert_null(dp_borrow(worker));
	dp_return_bulk(worker, objects, n);
	dp_worker_detach(worker);
	balanced_stats(pool);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void *
borrow_one(void *pool)
{
	return dp_pool_borrow(pool);
}

static void
borrow_loses_no_place(void **state)
{
	(void)state;
	struct dp_pool *pool = create(NULL);

	for (int i = 0; i < 2 * N_OBJECTS; i++) {
		constructors.leaves_at = constructors.calls + 1;
		assert_null(run(borrow_one, pool));
	}
	end(pool);
}

/* Some are in the cache, and some are constructed; then one leaves. */
static void *
borrow_many(void *pool)
{
	void *objects[N_OBJECTS];

	dp_pool_return(pool, dp_pool_borrow(pool));
	struct dp_worker *worker = dp_worker_attach(pool);
	void *few[2] = { dp_borrow(worker), dp_borrow(worker) };

	dp_return_bulk(worker, few, 2);
	pthread_cleanup_push((void (*)(void *))dp_worker_detach, worker);
	constructors.leaves_at = constructors.calls + 3;
	dp_borrow_bulk(worker, objects, N_OBJECTS / 2);
	pthread_cleanup_pop(0);
	return pool;
}

static void
bulk_borrow_gives_back_what_it_had(void **state)
{
	(void)state;
	struct dp_pool *pool = create(NULL);

	assert_null(run(borrow_many, pool));
	assert_int_equal(constructors.calls, constructors.leaves_at);
	end(pool);
}

static void *
reserve(void *pool)
{
	constructors.leaves_at = M + 2;
	dp_pool_reserve(pool, N_OBJECTS);
	return pool;
}

static void
reserve_keeps_nothing(void **state)
{
	(void)state;
	struct dp_pool *pool = create(NULL);

	if (!leaks()) {
		assert_null(run(reserve, pool));
		assert_int_equal(balanced_stats(pool).reserved, 0);
		assert_int_equal(balanced_stats(pool).depot, 0);
	}
	end(pool);
}

static void *
borrow_cancelled(void *pool)
{
	constructors.by_cancel = true;
	pthread_cancel(pthread_self());
	void *object = dp_pool_borrow(pool);

	dp_pool_return(pool, object);
	return object;
}

static void
cancellation_waits_for_the_constructor(void **state)
{
	(void)state;
	struct dp_pool *pool = create(NULL);
	void *object = run(borrow_cancelled, pool);

	assert_true(object != PTHREAD_CANCELED);
	assert_non_null(object);
	end(pool);
}

static void
exit_in_destructor(void *object, void *arg)
{
	(void)object;
	(void)arg;
	pthread_exit(NULL);
}

static void *
trim_all(void *pool)
{
	dp_pool_trim(pool, 0);
	return NULL;
}

static void
destructor_that_leaves(void *unused)
{
	(void)unused;
	struct dp_pool *pool = create(exit_in_destructor);
	struct dp_worker *worker = dp_worker_attach(pool);

	dp_return(worker, dp_borrow(worker));
	if (leaks())
		abort();
	dp_worker_detach(worker);
	run(trim_all, pool);
}

static void
destructor_that_leaves_ends_the_process(void **state)
{
	(void)state;
	struct fate fate = fate_is_abort(destructor_that_leaves, NULL);

	if (!leaks())
		fate_says(&fate, "it must return");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(borrow_loses_no_place),
		cmocka_unit_test(bulk_borrow_gives_back_what_it_had),
		cmocka_unit_test(reserve_keeps_nothing),
		cmocka_unit_test(cancellation_waits_for_the_constructor),
		cmocka_unit_test(destructor_that_leaves_ends_the_process),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
