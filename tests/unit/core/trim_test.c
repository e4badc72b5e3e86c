/* SPDX-License-Identifier: MIT */
/* dp_pool_trim(): what it gives up, what it keeps, what it leaves alone. */
#include <driftpool/pool.h>

#include <stdbool.h>
#include <string.h>

#include "support/books.h"
#include "support/harness.h"

#define M 4

static void
destruct(void *object, void *arg)
{
	(void)object;
	++*(size_t *)arg;
}

static struct dp_pool *
create(size_t *destructed)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "trim_test";
	config.object_size = 100;
	config.magazine_size = M;
	config.destruct = destruct;
	config.arg = destructed;
	*destructed = 0;
	return dp_pool_create(&config);
}

/* Puts n objects into the depot, the way that all backends know. */
static void
fill_depot(struct dp_pool *pool, size_t n)
{
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[40 * M];

	assert_in_range(n, 0, 40 * M);
	assert_int_equal(dp_borrow_bulk(worker, objects, n), n);
	dp_return_bulk(worker, objects, n);
	dp_worker_detach(worker);
	assert_int_equal(balanced_stats(pool).depot, n);
}

/* Trims; what is reported, destructed and gone from the depot is the same. */
static size_t
trim(struct dp_pool *pool, size_t keep, const size_t *destructed)
{
	struct dp_stats before = balanced_stats(pool);
	size_t destructed_before = *destructed;
	size_t given_up = dp_pool_trim(pool, keep);
	struct dp_stats after = balanced_stats(pool);

	assert_int_equal(given_up, *destructed - destructed_before);
	assert_int_equal(given_up, after.destructed - before.destructed);
	assert_int_equal(given_up, before.depot - after.depot);
	assert_int_equal(after.in_use, before.in_use);
	assert_int_equal(after.cached, before.cached);
	assert_int_equal(after.constructed, before.constructed);
	return given_up;
}

static void
empty_depot_has_nothing_to_give_up(void **state)
{
	size_t destructed;
	struct dp_pool *pool = create(&destructed);

	(void)state;
	assert_int_equal(trim(pool, 0, &destructed), 0);
	assert_int_equal(trim(pool, 1, &destructed), 0);
	assert_int_equal(trim(pool, SIZE_MAX, &destructed), 0);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
keep_zero_gives_up_all_of_the_depot(void **state)
{
	size_t destructed;

	(void)state;
	/* Whole magazines and a partly filled one. */
	for (size_t n = 0; n <= 40 * M; n += 3) {
		struct dp_pool *pool = create(&destructed);

		fill_depot(pool, n);
		assert_int_equal(trim(pool, 0, &destructed), leaks() ? 0 : n);
		assert_int_equal(dp_pool_destroy(pool), 0);
		assert_int_equal(destructed, n);
	}
}

static void
at_least_keep_remain_and_less_than_a_magazine_more(void **state)
{
	size_t destructed;

	(void)state;
	if (leaks())
		return;
	for (size_t keep = 1; keep <= 12 * M; keep++) {
		struct dp_pool *pool = create(&destructed);

		fill_depot(pool, 10 * M + 1);
		trim(pool, keep, &destructed);
		size_t left = balanced_stats(pool).depot;

		if (keep > 10 * M + 1)
			assert_int_equal(left, 10 * M + 1);
		else
			assert_in_range(left, keep, keep + M - 1);
		/* What it was asked to keep it keeps when asked again. */
		assert_int_equal(trim(pool, keep, &destructed), 0);
		assert_int_equal(dp_pool_destroy(pool), 0);
	}
}

static void
objects_in_caches_and_in_use_stay(void **state)
{
	size_t destructed;
	struct dp_pool *pool = create(&destructed);

	(void)state;
	fill_depot(pool, 6 * M);
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[2 * M];

	assert_int_equal(dp_borrow_bulk(worker, objects, 2 * M), 2 * M);
	dp_return_bulk(worker, objects, M);
	if (!leaks())
		assert_int_equal(trim(pool, 0, &destructed), 4 * M);
	assert_int_equal(balanced_stats(pool).cached, M);
	assert_int_equal(balanced_stats(pool).in_use, M);
	/* And can still be used. */
	dp_return_bulk(worker, objects + M, M);
	assert_ptr_equal(dp_borrow(worker), objects[2 * M - 1]);
	dp_return(worker, objects[2 * M - 1]);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
each_magazine_given_up_is_a_refill(void **state)
{
	size_t destructed;
	struct dp_pool *pool = create(&destructed);

	(void)state;
	fill_depot(pool, 10 * M + 1);
	struct dp_stats before = balanced_stats(pool);

	trim(pool, 2 * M, &destructed);
	trim(pool, 0, &destructed);
	struct dp_stats after = balanced_stats(pool);

	assert_int_equal(after.refills - before.refills, leaks() ? 0 : 11);
	assert_int_equal(after.flushes, before.flushes);
	/* The control looks, and nothing is there for it. */
	assert_int_equal(after.misses - before.misses, leaks() ? 2 : 0);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
what_was_given_up_is_constructed_anew(void **state)
{
	size_t destructed;
	struct dp_pool *pool = create(&destructed);

	(void)state;
	for (int turn = 0; turn < 5; turn++) {
		struct dp_worker *worker = dp_worker_attach(pool);
		void *objects[8 * M];

		assert_int_equal(dp_borrow_bulk(worker, objects, 8 * M), 8 * M);
		dp_return_bulk(worker, objects, 8 * M);
		dp_worker_detach(worker);
		trim(pool, 0, &destructed);
		assert_int_equal(balanced_stats(pool).constructed,
				 8 * M * (turn + 1));
	}
	assert_int_equal(dp_pool_destroy(pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_depot_has_nothing_to_give_up),
		cmocka_unit_test(keep_zero_gives_up_all_of_the_depot),
		cmocka_unit_test(
			at_least_keep_remain_and_less_than_a_magazine_more),
		cmocka_unit_test(objects_in_caches_and_in_use_stay),
		cmocka_unit_test(each_magazine_given_up_is_a_refill),
		cmocka_unit_test(what_was_given_up_is_constructed_anew),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
