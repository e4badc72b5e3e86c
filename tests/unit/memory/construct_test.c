/* SPDX-License-Identifier: MIT */
/*
 * Constructors and destructors: once an object, on which thread, and free to
 * use the pool themselves, for they run outside every lock.
 */
#include <driftpool/pool.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <cmocka.h>

#include "support/books.h"

#define M 4
#define N_OBJECTS (5 * M)

struct object {
	int constructed, destructed, lent;
};

/* What the two have seen, and what they are to do besides. */
struct witness {
	int constructed, destructed;
	pthread_t thread; /* that ran either of them last */
	void (*meddle)(struct witness *witness);
	struct dp_pool *pool;
	struct dp_worker *worker;
	bool meddling;
};

static void
meddle(struct witness *witness)
{
	if (!witness->meddle || witness->meddling)
		return;
	witness->meddling = true;
	witness->meddle(witness);
	witness->meddling = false;
}

static int
construct(void *memory, void *arg)
{
	struct witness *witness = arg;

	*(struct object *)memory = (struct object){ .constructed = 1 };
	witness->constructed++;
	witness->thread = pthread_self();
	meddle(witness);
	return 0;
}

static void
destruct(void *memory, void *arg)
{
	struct witness *witness = arg;
	struct object *object = memory;

	assert_int_equal(object->constructed, 1);
	assert_int_equal(object->destructed++, 0);
	witness->destructed++;
	witness->thread = pthread_self();
	meddle(witness);
}

static void
begin(struct witness *witness)
{
	struct dp_config config = DP_CONFIG_INIT;

	*witness = (struct witness){ .constructed = 0 };
	config.name = "construct_test";
	config.object_size = sizeof(struct object);
	config.magazine_size = M;
	config.construct = construct;
	config.destruct = destruct;
	config.arg = witness;
	witness->pool = dp_pool_create(&config);
	witness->worker = dp_worker_attach(witness->pool);
}

static void
end(struct witness *witness)
{
	struct dp_stats stats;

	witness->meddle = NULL;
	dp_worker_detach(witness->worker);
	dp_thread_detach(witness->pool);
	dp_pool_stats(witness->pool, &stats);
	assert_int_equal(stats.constructed, witness->constructed);
	assert_int_equal(stats.destructed, witness->destructed);
	assert_int_equal(stats.in_use, 0);
	assert_int_equal(dp_pool_audit(witness->pool), 0);
	assert_int_equal(dp_pool_destroy(witness->pool), 0);
	assert_int_equal(witness->constructed, witness->destructed);
}

static void
lend_and_return(struct witness *witness, int n)
{
	void *objects[N_OBJECTS];

	for (int i = 0; i < n; i++) {
		struct object *object = dp_borrow(witness->worker);

		assert_int_equal(object->constructed, 1);
		assert_int_equal(object->destructed, 0);
		object->lent++;
		objects[i] = object;
	}
	dp_return_bulk(witness->worker, objects, (size_t)n);
}

static void
create_constructs_nothing(void **state)
{
	struct witness witness;

	(void)state;
	begin(&witness);
	assert_int_equal(witness.constructed, 0);
	end(&witness);
	assert_int_equal(witness.destructed, 0);
}

static void
object_is_constructed_once_and_lent_many_times(void **state)
{
	struct witness witness;

	(void)state;
	begin(&witness);
	for (int turn = 0; turn < 10; turn++)
		lend_and_return(&witness, N_OBJECTS);
	assert_int_equal(witness.constructed, N_OBJECTS);
	assert_int_equal(witness.destructed, 0);
	/* What was written to it is still there: it is the same object. */
	struct object *object = dp_borrow(witness.worker);

	assert_int_equal(object->lent, 10);
	dp_return(witness.worker, object);
	end(&witness);
}

static void
pool_without_constructor_and_destructor_works(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.object_size = 1;
	struct dp_pool *pool = dp_pool_create(&config);
	struct dp_worker *worker = dp_worker_attach(pool);

	dp_return(worker, dp_borrow(worker));
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

/* --- Which thread -------------------------------------------------------- */

/* Returns NULL if all ran here, or whom to blame. */
static void *
borrow_reserve_and_trim(void *arg)
{
	struct witness *witness = arg;
	const pthread_t before = witness->thread;
	pthread_t here = pthread_self();

	dp_pool_return(witness->pool, dp_pool_borrow(witness->pool));
	dp_thread_detach(witness->pool);
	if (!pthread_equal(witness->thread, here))
		return "borrow";
	if (leaks())
		return NULL;
	witness->thread = before;
	dp_pool_reserve(witness->pool, 1);
	if (!pthread_equal(witness->thread, here))
		return "reserve";
	witness->thread = before;
	dp_pool_trim(witness->pool, 0);
	return pthread_equal(witness->thread, here) ? NULL : "trim";
}

static void
both_run_on_the_thread_that_borrows_reserves_or_trims(void **state)
{
	struct witness witness;
	pthread_t thread;
	void *elsewhere;

	(void)state;
	begin(&witness);
	witness.thread = pthread_self();
	assert_int_equal(pthread_create(&thread, NULL, borrow_reserve_and_trim,
					&witness),
			 0);
	assert_int_equal(pthread_join(thread, &elsewhere), 0);
	assert_null(elsewhere);
	end(&witness);
}

/* --- They use the pool --------------------------------------------------- */

/* All that a constructor or destructor may call and that moves something. */
static void
use_everything(struct witness *witness)
{
	struct dp_pool *pool = witness->pool;
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[3];
	struct dp_stats stats;

	assert_non_null(worker);
	/* On the very worker whose borrow or return is under way, too. */
	dp_return(witness->worker, dp_borrow(witness->worker));
	dp_return(worker, dp_borrow(witness->worker));
	assert_int_equal(dp_borrow_bulk(worker, objects, 3), 3);
	dp_return_bulk(worker, objects, 3);
	dp_pool_return(pool, dp_pool_borrow(pool));
	assert_int_equal(dp_pool_reserve(pool, 2), leaks() ? -ENOTSUP : 0);
	dp_pool_trim(pool, M);
	dp_pool_stats(pool, &stats);
	assert_true(stats.constructed > 0);
	assert_true(dp_pool_bound(pool, 1) > 0);
	dp_worker_detach(worker);
	dp_thread_detach(pool);
}

static void
constructor_may_use_the_pool(void **state)
{
	struct witness witness;

	(void)state;
	begin(&witness);
	witness.meddle = use_everything;
	lend_and_return(&witness, 3);
	if (!leaks())
		assert_int_equal(dp_pool_reserve(witness.pool, 2 * M + 1), 0);
	end(&witness);
}

static void
constructor_may_use_the_pool_during_a_bulk_borrow(void **state)
{
	struct witness witness;
	void *objects[N_OBJECTS];

	(void)state;
	begin(&witness);
	witness.meddle = use_everything;
	assert_int_equal(dp_borrow_bulk(witness.worker, objects, N_OBJECTS),
			 N_OBJECTS);
	for (int i = 0; i < N_OBJECTS; i++)
		for (int j = 0; j < i; j++)
			assert_ptr_not_equal(objects[i], objects[j]);
	dp_return_bulk(witness.worker, objects, N_OBJECTS);
	end(&witness);
}

static void
destructor_may_use_the_pool(void **state)
{
	struct witness witness;

	(void)state;
	begin(&witness);
	lend_and_return(&witness, N_OBJECTS);
	witness.meddle = use_everything;
	size_t given_up = dp_pool_trim(witness.pool, 0);

	if (!leaks())
		assert_true(given_up >= 3 * M);
	end(&witness);
}

static struct dp_pool *neighbour;

static void
use_neighbour(struct witness *witness)
{
	(void)witness;
	dp_pool_return(neighbour, dp_pool_borrow(neighbour));
}

static void
destructor_may_use_another_pool_during_destroy(void **state)
{
	struct witness witness;
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.object_size = 1;
	neighbour = dp_pool_create(&config);
	begin(&witness);
	lend_and_return(&witness, N_OBJECTS);
	dp_worker_detach(witness.worker);
	witness.meddle = use_neighbour;
	assert_int_equal(dp_pool_destroy(witness.pool), 0);
	assert_int_equal(witness.destructed, N_OBJECTS);
	assert_int_equal(dp_pool_destroy(neighbour), 0);
}

static void
reserve_of_more_than_memory_can_be_is_refused(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.object_size = 16;
	struct dp_pool *pool = dp_pool_create(&config);

	assert_non_null(pool);
	assert_int_equal(dp_pool_reserve(pool, SIZE_MAX / 16),
			 leaks() ? -ENOTSUP : -ENOMEM);
	assert_int_equal(dp_pool_reserve(pool, SIZE_MAX),
			 leaks() ? -ENOTSUP : -ENOMEM);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reserve_of_more_than_memory_can_be_is_refused),
		cmocka_unit_test(create_constructs_nothing),
		cmocka_unit_test(
			object_is_constructed_once_and_lent_many_times),
		cmocka_unit_test(pool_without_constructor_and_destructor_works),
		cmocka_unit_test(
			both_run_on_the_thread_that_borrows_reserves_or_trims),
		cmocka_unit_test(constructor_may_use_the_pool),
		cmocka_unit_test(
			constructor_may_use_the_pool_during_a_bulk_borrow),
		cmocka_unit_test(destructor_may_use_the_pool),
		cmocka_unit_test(
			destructor_may_use_another_pool_during_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
