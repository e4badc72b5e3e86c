/* SPDX-License-Identifier: MIT */
/* dp_pool_bound(): its arithmetic, and that a pool can really get there. */
#include <driftpool/pool.h>

#include <stdbool.h>
#include <string.h>

#include "support/books.h"
#include "support/harness.h"

#define M 4

static struct dp_pool *
create(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "bound_test";
	config.object_size = 8;
	config.magazine_size = M;
	return dp_pool_create(&config);
}

static void
end(struct dp_pool *pool)
{
	assert_int_equal(dp_pool_audit(pool), 0);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
bound_is_peak_plus_the_caches_of_all_but_one_plus_reserved(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *workers[3];

	(void)state;
	if (leaks()) {
		assert_int_equal(dp_pool_bound(pool, 0), SIZE_MAX);
		end(pool);
		return;
	}
	assert_int_equal(dp_pool_bound(pool, 0), 0);
	assert_int_equal(dp_pool_bound(pool, 10), 10);
	for (size_t i = 0; i < 3; i++) {
		workers[i] = dp_worker_attach(pool);
		assert_int_equal(dp_pool_bound(pool, 10), 10 + i * 2 * M);
	}
	for (size_t i = 0; i < 3; i++)
		dp_worker_detach(workers[i]);
	/* W is the most ever attached. */
	assert_int_equal(dp_pool_bound(pool, 10), 10 + 2 * 2 * M);
	assert_int_equal(dp_pool_reserve(pool, 7), 0);
	assert_int_equal(dp_pool_bound(pool, 10), 10 + 2 * 2 * M + 7);
	/* What was reserved stays in it. */
	assert_int_equal(dp_pool_trim(pool, 0), 7);
	assert_int_equal(dp_pool_bound(pool, 10), 10 + 2 * 2 * M + 7);
	end(pool);
}

static void
bound_that_overflows_is_size_max(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *a = dp_worker_attach(pool);
	struct dp_worker *b = dp_worker_attach(pool);
	size_t rest = leaks() ? 0 : 2 * M;

	(void)state;
	assert_int_equal(dp_pool_bound(pool, SIZE_MAX), SIZE_MAX);
	assert_int_equal(dp_pool_bound(pool, SIZE_MAX - rest + 1), SIZE_MAX);
	assert_int_equal(dp_pool_bound(pool, SIZE_MAX - rest), SIZE_MAX);
	if (!leaks()) {
		assert_int_equal(dp_pool_bound(pool, SIZE_MAX - rest - 1),
				 SIZE_MAX - 1);
		assert_int_equal(dp_pool_reserve(pool, 1), 0);
		assert_int_equal(dp_pool_bound(pool, SIZE_MAX - rest - 1),
				 SIZE_MAX);
		assert_int_equal(dp_pool_bound(pool, SIZE_MAX - rest),
				 SIZE_MAX);
	}
	dp_worker_detach(a);
	dp_worker_detach(b);
	end(pool);
}

#define N_WORKERS 3
#define PEAK (2 * M + 1)

static uint64_t
footprint(struct dp_pool *pool)
{
	struct dp_stats stats;

	dp_pool_stats(pool, &stats);
	return stats.constructed - stats.destructed;
}

static void
borrow_here_and_return_there(struct dp_worker *here, struct dp_worker *there,
			     size_t n)
{
	void *objects[PEAK];

	assert_int_equal(dp_borrow_bulk(here, objects, n), n);
	dp_return_bulk(there, objects, n);
}

/*
 * The worst case: all caches but one are full of what they are never asked for,
 * and the peak is in use.  A bound any smaller would be wrong.
 */
static void
bound_is_reached_and_not_passed(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *workers[N_WORKERS];

	(void)state;
	for (int i = 0; i < N_WORKERS; i++)
		workers[i] = dp_worker_attach(pool);
	for (int i = 1; i < N_WORKERS; i++)
		borrow_here_and_return_there(workers[0], workers[i], 2 * M);
	borrow_here_and_return_there(workers[0], workers[0], PEAK);
	if (!leaks())
		assert_int_equal(footprint(pool), dp_pool_bound(pool, PEAK));
	/* However long it goes on. */
	for (int turn = 0; turn < 1000; turn++)
		borrow_here_and_return_there(workers[turn % N_WORKERS],
					     workers[turn % 2], PEAK);
	if (!leaks())
		assert_int_equal(footprint(pool), dp_pool_bound(pool, PEAK));
	else
		assert_true(footprint(pool) > 1000);
	for (int i = 0; i < N_WORKERS; i++)
		dp_worker_detach(workers[i]);
	end(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			bound_is_peak_plus_the_caches_of_all_but_one_plus_reserved),
		cmocka_unit_test(bound_that_overflows_is_size_max),
		cmocka_unit_test(bound_is_reached_and_not_passed),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
