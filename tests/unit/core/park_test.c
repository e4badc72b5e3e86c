/* SPDX-License-Identifier: MIT */
/* Idle workers: what parked ones leave, and what others give when asked. */
#include <driftpool/pool.h>

#include <errno.h>
#include <string.h>

#include "support/allocator.h"
#include "support/books.h"
#include "support/harness.h"

#define M 4u
#define CACHE (2 * M)
/* Keeps all there is, and so only takes over. */
#define KEEP_ALL (SIZE_MAX - 1)

static void *objects[4 * CACHE];

/* Parks with a full cache, each time that an object is destructed. */
static struct dp_worker *restless;
static unsigned times_parked;

static void
park_again(void *object, void *arg)
{
	void *mine[CACHE];

	(void)object;
	(void)arg;
	/* A trim that does not end by itself is to be seen, not waited for. */
	if (!restless || times_parked++ >= 100 * M)
		return;
	dp_return_bulk(restless, mine, dp_borrow_bulk(restless, mine, CACHE));
	dp_worker_park(restless);
}

static struct dp_pool *
create(size_t max_objects, size_t depot_limit)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "park_test";
	config.object_size = 24;
	config.magazine_size = M;
	config.max_objects = max_objects;
	config.depot_limit = depot_limit;
	config.destruct = park_again;
	return dp_pool_create(&config);
}

/* A worker with so many objects in its cache, and none elsewhere. */
static struct dp_worker *
attach(struct dp_pool *pool, size_t n)
{
	struct dp_worker *worker = dp_worker_attach(pool);

	assert_in_range(n, 0, CACHE);
	assert_int_equal(dp_borrow_bulk(worker, objects, n), n);
	dp_return_bulk(worker, objects, n);
	assert_int_equal(balanced_stats(pool).depot, 0);
	return worker;
}

static void
end(struct dp_pool *pool, struct dp_worker *worker)
{
	dp_worker_detach(worker);
	assert_int_equal(balanced_stats(pool).cached, 0);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

/* --- Parked --------------------------------------------------------------- */

static void
trim_takes_all_that_a_parked_worker_left(void **state)
{
	(void)state;
	for (size_t n = 0; n <= CACHE; n++) {
		struct dp_pool *pool = create(0, 0);
		struct dp_worker *worker = attach(pool, n);

		assert_int_equal(dp_pool_trim(pool, 0), 0);
		dp_worker_park(worker);
		assert_int_equal(balanced_stats(pool).cached, n);
		assert_int_equal(dp_pool_trim(pool, 0), leaks() ? 0 : n);
		assert_int_equal(balanced_stats(pool).cached, leaks() ? n : 0);
		/* There is no more. */
		assert_int_equal(dp_pool_trim(pool, 0), 0);
		end(pool, worker);
	}
}

static void
what_nobody_took_is_there_again(void **state)
{
	(void)state;
	for (size_t n = 1; n <= CACHE; n++) {
		struct dp_pool *pool = create(0, 0);
		struct dp_worker *worker = attach(pool, n);
		struct dp_stats before = balanced_stats(pool);

		dp_worker_park(worker);
		assert_ptr_equal(dp_borrow(worker), objects[n - 1]);
		dp_return(worker, objects[n - 1]);
		struct dp_stats after = balanced_stats(pool);

		assert_memory_equal(&after, &before, sizeof(after));
		end(pool, worker);
	}
}

static void
parking_twice_is_parking_once(void **state)
{
	struct dp_pool *pool = create(0, 0);
	struct dp_worker *worker = attach(pool, M + 1);

	(void)state;
	dp_worker_park(worker);
	dp_worker_park(worker);
	assert_int_equal(balanced_stats(pool).cached, M + 1);
	assert_ptr_equal(dp_borrow(worker), objects[M]);
	dp_worker_park(worker);
	dp_return(worker, objects[M]);
	assert_int_equal(balanced_stats(pool).cached, M + 1);
	end(pool, worker);
}

static void
a_return_after_park_goes_into_the_cache(void **state)
{
	(void)state;
	for (size_t n = 0; n <= CACHE; n++) {
		struct dp_pool *pool = create(0, 0);
		struct dp_worker *worker = attach(pool, n);
		struct dp_worker *other = dp_worker_attach(pool);
		void *object = dp_borrow(other);

		dp_worker_park(worker);
		dp_return(worker, object);
		struct dp_stats stats = balanced_stats(pool);

		assert_int_equal(stats.in_use, 0);
		assert_int_equal(stats.flushes, n == CACHE);
		assert_int_equal(stats.cached + stats.depot, n + 1);
		dp_worker_detach(other);
		end(pool, worker);
	}
}

/* With two magazines as at first, whatever came of its own. */
static void
a_worker_goes_on_after_all_was_taken(void **state)
{
	struct dp_pool *pool = create(0, 0);
	struct dp_worker *worker = attach(pool, CACHE);

	(void)state;
	for (int i = 0; i < 3; i++) {
		dp_worker_park(worker);
		dp_pool_trim(pool, 0);
		assert_int_equal(dp_borrow_bulk(worker, objects, 3 * M), 3 * M);
		dp_return_bulk(worker, objects, 3 * M);
		assert_int_equal(balanced_stats(pool).in_use, 0);
	}
	if (!leaks())
		assert_int_equal(balanced_stats(pool).constructed,
				 9 * M + CACHE);
	end(pool, worker);
}

static void
a_parked_worker_can_be_detached(void **state)
{
	struct dp_pool *pool = create(0, 0);
	struct dp_worker *worker = attach(pool, M + 1);

	(void)state;
	dp_worker_park(worker);
	dp_worker_detach(worker);
	assert_int_equal(balanced_stats(pool).depot, M + 1);
	end(pool, NULL);
}

static void
destroy_is_refused_while_a_worker_is_parked(void **state)
{
	struct dp_pool *pool = create(0, 0);
	struct dp_worker *worker = attach(pool, M + 1);

	(void)state;
	dp_worker_park(worker);
	assert_int_equal(dp_pool_destroy(pool), -EBUSY);
	assert_int_equal(balanced_stats(pool).cached, M + 1);
	end(pool, worker);
}

static void
a_thread_parks_its_own_worker(void **state)
{
	struct dp_pool *pool = create(0, 0);

	(void)state;
	/* There is none. */
	dp_thread_park(pool);
	assert_int_equal(balanced_stats(pool).workers, 0);
	dp_pool_return(pool, dp_pool_borrow(pool));
	dp_thread_park(pool);
	assert_int_equal(dp_pool_trim(pool, 0), leaks() ? 0 : 1);
	dp_pool_return(pool, dp_pool_borrow(pool));
	dp_thread_detach(pool);
	end(pool, NULL);
}

/* --- Where it goes -------------------------------------------------------- */

/* One partial magazine at most stays, and `keep` is held. */
static void
what_was_taken_over_is_in_the_depot(void **state)
{
	struct dp_pool *pool = create(0, 0);
	struct dp_worker *workers[M];

	(void)state;
	if (leaks()) {
		end(pool, NULL);
		return;
	}
	for (size_t i = 0; i < M; i++)
		workers[i] = attach(pool, M + 1);
	for (size_t i = 0; i < M; i++)
		dp_worker_park(workers[i]);
	assert_int_equal(dp_pool_trim(pool, KEEP_ALL), 0);
	struct dp_stats stats = balanced_stats(pool);

	assert_int_equal(stats.depot, M * (M + 1));
	assert_int_equal(stats.cached, 0);
	assert_int_equal(dp_pool_trim(pool, M * M), M);
	/* M * M objects are in M magazines. */
	assert_int_equal(dp_borrow_bulk(workers[0], objects, M * M), M * M);
	assert_int_equal(balanced_stats(pool).refills - stats.refills, M + 1);
	dp_return_bulk(workers[0], objects, M * M);
	for (size_t i = 1; i < M; i++)
		dp_worker_detach(workers[i]);
	end(pool, workers[0]);
}

static void
what_the_depot_has_no_room_for_is_given_up(void **state)
{
	struct dp_pool *pool = create(0, 1);
	struct dp_worker *worker = attach(pool, CACHE);

	(void)state;
	dp_worker_park(worker);
	assert_int_equal(dp_pool_trim(pool, KEEP_ALL), leaks() ? 0 : M);
	struct dp_stats stats = balanced_stats(pool);

	if (!leaks()) {
		assert_int_equal(stats.depot, M);
		assert_int_equal(stats.destructed, M);
	}
	end(pool, worker);
}

/* It begins again for each place that there was, and ends with the last. */
static void
a_trim_ends_though_a_worker_parks_again_and_again(void **state)
{
	struct dp_pool *pool = create(0, 1);
	struct dp_worker *worker = attach(pool, CACHE);

	(void)state;
	dp_worker_park(worker);
	restless = worker;
	assert_int_equal(dp_pool_trim(pool, KEEP_ALL), leaks() ? 0 : 3 * M);
	restless = NULL;
	end(pool, worker);
}

static void
a_borrow_that_would_fail_takes_over(void **state)
{
	struct dp_pool *pool = create(CACHE, 0);
	struct dp_worker *parked = attach(pool, CACHE);
	struct dp_worker *worker = dp_worker_attach(pool);

	(void)state;
	errno = 0;
	assert_null(dp_borrow(worker));
	assert_int_equal(errno, EAGAIN);
	dp_worker_park(parked);
	size_t lent = leaks() ? 0 : CACHE;

	assert_int_equal(dp_borrow_bulk(worker, objects, CACHE), lent);
	assert_int_equal(balanced_stats(pool).cached, CACHE - lent);
	errno = 0;
	assert_null(dp_borrow(worker));
	assert_int_equal(errno, EAGAIN);
	dp_return_bulk(worker, objects, lent);
	dp_worker_detach(parked);
	end(pool, worker);
}

static void
without_memory_all_stays_where_it_is(void **state)
{
	struct dp_pool *pool = create(0, 0);
	struct dp_worker *worker = attach(pool, CACHE);

	(void)state;
	dp_worker_park(worker);
	allocator_fail(1, ALLOCATOR_FOREVER);
	assert_int_equal(dp_pool_trim(pool, 0), 0);
	/* And the worker needs none. */
	assert_ptr_equal(dp_borrow(worker), objects[CACHE - 1]);
	dp_return(worker, objects[CACHE - 1]);
	assert_true(leaks() || allocator_failed());
	allocator_fail(0, 0);
	assert_int_equal(balanced_stats(pool).cached, CACHE);
	end(pool, worker);
}

/* --- Asked ---------------------------------------------------------------- */

static void
a_worker_gives_what_it_can_spare_when_asked(void **state)
{
	struct dp_pool *pool = create(0, 0);
	struct dp_worker *worker = attach(pool, CACHE);

	(void)state;
	for (int i = 0; i < 2; i++) {
		/* Not before it is asked, nor twice. */
		dp_return(worker, dp_borrow(worker));
		assert_int_equal(balanced_stats(pool).depot,
				 i == 0 || leaks() ? 0 : M);
		if (i == 0)
			assert_int_equal(dp_pool_trim(pool, 0), 0);
		dp_return(worker, dp_borrow(worker));
		assert_int_equal(balanced_stats(pool).depot, leaks() ? 0 : M);
	}
	assert_int_equal(balanced_stats(pool).cached, leaks() ? CACHE : M);
	assert_int_equal(dp_pool_trim(pool, 0), leaks() ? 0 : M);
	end(pool, worker);
}

static void
a_worker_without_memory_gives_later(void **state)
{
	struct dp_pool *pool = create(0, 0);
	struct dp_worker *worker = attach(pool, CACHE);
	struct dp_worker *other = dp_worker_attach(pool);
	void *object = dp_borrow(other);

	(void)state;
	dp_pool_trim(pool, 0);
	allocator_fail(1, ALLOCATOR_FOREVER);
	dp_return(worker, dp_borrow(worker));
	allocator_fail(0, 0);
	assert_int_equal(balanced_stats(pool).cached, CACHE);
	/* One magazine because the cache is full, one because it was asked. */
	dp_return(worker, object);
	assert_int_equal(balanced_stats(pool).depot, leaks() ? 0 : 2 * M);
	dp_worker_detach(other);
	end(pool, worker);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trim_takes_all_that_a_parked_worker_left),
		cmocka_unit_test(what_nobody_took_is_there_again),
		cmocka_unit_test(parking_twice_is_parking_once),
		cmocka_unit_test(a_return_after_park_goes_into_the_cache),
		cmocka_unit_test(a_worker_goes_on_after_all_was_taken),
		cmocka_unit_test(a_parked_worker_can_be_detached),
		cmocka_unit_test(destroy_is_refused_while_a_worker_is_parked),
		cmocka_unit_test(a_thread_parks_its_own_worker),
		cmocka_unit_test(what_was_taken_over_is_in_the_depot),
		cmocka_unit_test(what_the_depot_has_no_room_for_is_given_up),
		cmocka_unit_test(
			a_trim_ends_though_a_worker_parks_again_and_again),
		cmocka_unit_test(a_borrow_that_would_fail_takes_over),
		cmocka_unit_test(without_memory_all_stays_where_it_is),
		cmocka_unit_test(a_worker_gives_what_it_can_spare_when_asked),
		cmocka_unit_test(a_worker_without_memory_gives_later),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
