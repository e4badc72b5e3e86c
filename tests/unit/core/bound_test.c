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
	/* What was reserved goes with what is given up. */
	assert_int_equal(dp_pool_trim(pool, 7 - M), M);
	assert_int_equal(dp_pool_bound(pool, 10), 10 + 2 * 2 * M + 7 - M);
	assert_int_equal(dp_pool_trim(pool, 0), 7 - M);
	assert_int_equal(dp_pool_bound(pool, 10), 10 + 2 * 2 * M);
	end(pool);
}

#define N_BURSTS 1000
#define BURST (5 * M + 1)

/* Prefilled for each burst, and given up after it. */
static void
bound_stays_if_reserve_and_trim_take_turns(void **state)
{
	struct dp_pool *pool = create();
	void *objects[BURST];

	(void)state;
	for (int i = 0; i < N_BURSTS && !leaks(); i++) {
		assert_int_equal(dp_pool_reserve(pool, BURST), 0);
		struct dp_worker *worker = dp_worker_attach(pool);

		assert_int_equal(dp_borrow_bulk(worker, objects, BURST), BURST);
		dp_return_bulk(worker, objects, BURST);
		dp_worker_detach(worker);
		assert_int_equal(dp_pool_bound(pool, BURST), 2 * BURST);
		assert_int_equal(dp_pool_trim(pool, 0), BURST);
		assert_int_equal(dp_pool_bound(pool, BURST), BURST);
	}
	end(pool);
}

/* The same where depot_limit is what gives up, and nobody trims. */
static void
bound_stays_if_what_is_reserved_is_surplus_in_the_end(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;
	void *objects[8 * M];

	(void)state;
	config.object_size = 8;
	config.magazine_size = M;
	config.depot_limit = 2;
	struct dp_pool *pool = dp_pool_create(&config);

	for (int i = 0; i < N_BURSTS && !leaks(); i++) {
		struct dp_worker *worker = dp_worker_attach(pool);
		struct dp_stats stats;

		/* Empties the depot, so that there is room to reserve. */
		assert_int_equal(dp_borrow_bulk(worker, objects, 4 * M), 4 * M);
		assert_int_equal(dp_pool_reserve(pool, 2 * M), 0);
		assert_int_equal(dp_borrow_bulk(worker, objects + 4 * M, 4 * M),
				 4 * M);
		dp_return_bulk(worker, objects, 8 * M);
		dp_worker_detach(worker);
		dp_pool_stats(pool, &stats);
		assert_int_equal(stats.constructed - stats.destructed, 2 * M);
		assert_int_equal(stats.reserved, 0);
	}
	end(pool);
}

/* Trims and borrows in the last constructor of a reserve. */
static struct meddler {
	struct dp_pool *pool;
	struct dp_worker *worker;
	int to_construct; /* until it meddles; 0: it does not */
	int objects;      /* whose constructors have ended */
	int objects_then;
	size_t bound;
} meddler;

static int
meddle(void *object, void *arg)
{
	void *objects[2 * M];

	(void)object;
	(void)arg;
	if (meddler.to_construct == 0 || --meddler.to_construct > 0) {
		meddler.objects++;
		return 0;
	}
	dp_pool_trim(meddler.pool, 0);
	assert_int_equal(dp_borrow_bulk(meddler.worker, objects, 2 * M), 2 * M);
	meddler.objects_then = meddler.objects;
	meddler.bound = dp_pool_bound(meddler.pool, 2 * M);
	dp_return_bulk(meddler.worker, objects, 2 * M);
	meddler.objects++;
	return 0;
}

static void
unmeddle(void *object, void *arg)
{
	(void)object;
	(void)arg;
	meddler.objects--;
}

/*
 * What is given up meanwhile are other objects than those that the reserving
 * thread has in its hands, which still count.
 */
static void
bound_holds_if_others_are_given_up_while_some_are_reserved(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;
	void *objects[2 * M];

	(void)state;
	if (leaks())
		return;
	config.object_size = 8;
	config.magazine_size = M;
	config.construct = meddle;
	config.destruct = unmeddle;
	meddler = (struct meddler){ .pool = dp_pool_create(&config) };
	meddler.worker = dp_worker_attach(meddler.pool);
	assert_int_equal(dp_borrow_bulk(meddler.worker, objects, 2 * M), 2 * M);
	dp_return_bulk(meddler.worker, objects, 2 * M);
	dp_worker_detach(meddler.worker);
	meddler.worker = dp_worker_attach(meddler.pool);
	meddler.to_construct = 2 * M;
	assert_int_equal(dp_pool_reserve(meddler.pool, 2 * M), 0);
	assert_int_equal(meddler.to_construct, 0);
	assert_int_equal(meddler.objects_then, 4 * M - 1);
	assert_int_equal(meddler.bound, 4 * M);
	dp_worker_detach(meddler.worker);
	end(meddler.pool);
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
		cmocka_unit_test(bound_stays_if_reserve_and_trim_take_turns),
		cmocka_unit_test(
			bound_stays_if_what_is_reserved_is_surplus_in_the_end),
		cmocka_unit_test(
			bound_holds_if_others_are_given_up_while_some_are_reserved),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
