/* SPDX-License-Identifier: MIT */
/* The numbers of dp_pool_stats(), each by its meaning. */
#include <driftpool/pool.h>

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

#include "support/books.h"
#include "support/harness.h"

#define M 4
#define N_OBJECTS (3 * M)

static bool
is_percpu(void)
{
	return strcmp(dp_backend_name(), "percpu") == 0;
}

static struct dp_pool *
create(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "stats_test";
	config.object_size = 40;
	config.magazine_size = M;
	return dp_pool_create(&config);
}

static void
end(struct dp_pool *pool)
{
	assert_int_equal(balanced_stats(pool).in_use, 0);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

/* One after the other, so that each is a miss of its own if there is none. */
static void
borrow(struct dp_worker *worker, void **objects, int n)
{
	for (int i = 0; i < n; i++)
		objects[i] = dp_borrow(worker);
}

static void
give_back(struct dp_worker *worker, void **objects, int n)
{
	for (int i = 0; i < n; i++)
		dp_return(worker, objects[i]);
}

/* --- Levels and totals --------------------------------------------------- */

static void
fresh_pool_has_empty_books(void **state)
{
	const struct dp_stats fresh = { .magazine_size = M, .object_size = 40 };
	struct dp_pool *pool = create();
	struct dp_stats stats;

	(void)state;
	memset(&stats, 0xff, sizeof(stats));
	dp_pool_stats(pool, &stats);
	assert_memory_equal(&stats, &fresh, sizeof(stats));
	end(pool);
}

static void
objects_are_in_use_then_cached_then_in_the_depot(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[N_OBJECTS];
	struct dp_stats stats;

	(void)state;
	borrow(worker, objects, M + 1);
	stats = balanced_stats(pool);
	assert_int_equal(stats.in_use, M + 1);
	assert_int_equal(stats.cached, 0);
	assert_int_equal(stats.depot, 0);
	give_back(worker, objects, M);
	stats = balanced_stats(pool);
	assert_int_equal(stats.in_use, 1);
	assert_int_equal(stats.cached, M);
	assert_int_equal(stats.depot, 0);
	give_back(worker, objects + M, 1);
	dp_worker_detach(worker);
	stats = balanced_stats(pool);
	assert_int_equal(stats.in_use, 0);
	assert_int_equal(stats.cached, 0);
	assert_int_equal(stats.depot, M + 1);
	assert_int_equal(stats.constructed, M + 1);
	assert_int_equal(stats.destructed, 0);
	end(pool);
}

static void
cache_holds_two_magazines_at_most(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[10 * M];

	(void)state;
	borrow(worker, objects, 10 * M);
	for (int i = 0; i < 10 * M; i++) {
		dp_return(worker, objects[i]);
		struct dp_stats stats = balanced_stats(pool);

		assert_int_equal(stats.cached + stats.depot, i + 1);
		/* The control's pile counts as cached, and has no limit. */
		if (!leaks())
			assert_in_range(stats.cached, 0, 2 * M);
	}
	dp_worker_detach(worker);
	end(pool);
}

static void
miss_is_an_answer_that_nothing_is_there(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[N_OBJECTS];

	(void)state;
	borrow(worker, objects, N_OBJECTS);
	assert_int_equal(balanced_stats(pool).misses, N_OBJECTS);
	give_back(worker, objects, N_OBJECTS);
	borrow(worker, objects, N_OBJECTS);
	assert_int_equal(balanced_stats(pool).misses, N_OBJECTS);
	/* One answer covers all that a bulk borrow lacks. */
	void *more[N_OBJECTS];

	assert_int_equal(dp_borrow_bulk(worker, more, N_OBJECTS), N_OBJECTS);
	assert_int_equal(balanced_stats(pool).misses, N_OBJECTS + 1);
	assert_int_equal(balanced_stats(pool).constructed, 2 * N_OBJECTS);
	give_back(worker, objects, N_OBJECTS);
	give_back(worker, more, N_OBJECTS);
	dp_worker_detach(worker);
	end(pool);
}

static void
flush_and_refill_are_a_magazine_that_left_and_one_that_came(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *a = dp_worker_attach(pool);
	struct dp_worker *b = dp_worker_attach(pool);
	void *objects[N_OBJECTS];

	(void)state;
	borrow(a, objects, N_OBJECTS);
	give_back(b, objects, 2 * M);
	assert_int_equal(balanced_stats(pool).flushes, 0);
	give_back(b, objects + 2 * M, M);
	struct dp_stats flushed = balanced_stats(pool);

	assert_int_equal(flushed.flushes, 1);
	assert_int_equal(flushed.refills, 0);
	assert_int_equal(flushed.depot, leaks() ? 0 : M);
	borrow(a, objects, 1);
	struct dp_stats refilled = balanced_stats(pool);

	/* The control lends a what b has never. */
	assert_int_equal(refilled.refills, leaks() ? 0 : 1);
	assert_int_equal(refilled.misses, flushed.misses + (leaks() ? 1 : 0));
	assert_int_equal(refilled.depot, 0);
	assert_int_equal(refilled.flushes, 1);
	give_back(a, objects, 1);
	dp_worker_detach(a);
	dp_worker_detach(b);
	end(pool);
}

static void
every_exchange_was_served_somewhere(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *a = dp_worker_attach(pool);
	struct dp_worker *b = dp_worker_attach(pool);
	void *objects[N_OBJECTS];

	(void)state;
	for (int turn = 0; turn < 100; turn++) {
		borrow(a, objects, N_OBJECTS);
		give_back(b, objects, N_OBJECTS);
	}
	struct dp_stats stats = balanced_stats(pool);

	assert_true(stats.flushes > 100);
	if (!leaks()) {
		assert_true(stats.refills > 100);
		assert_int_equal(stats.rack_hits + stats.depot_hits +
					 stats.steals,
				 stats.refills + stats.flushes);
	}
	assert_int_equal(stats.rack_hits > 0, is_percpu());
	if (!is_percpu())
		assert_int_equal(stats.steals, 0);
	/* Nobody was in the way. */
	assert_int_equal(stats.retries, 0);
	dp_worker_detach(a);
	dp_worker_detach(b);
	end(pool);
}

/* --- CPUs ---------------------------------------------------------------- */

/* The n-th CPU that the process may run on, or -1. */
static int
allowed_cpu(int n)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && n-- == 0)
			return cpu;
	return -1;
}

static void
run_on(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
}

static void
magazine_of_another_cpus_rack_is_a_steal(void **state)
{
	int here = allowed_cpu(0), there = allowed_cpu(1);
	struct dp_pool *pool = create();
	struct dp_worker *a = dp_worker_attach(pool);
	struct dp_worker *b = dp_worker_attach(pool);
	void *objects[N_OBJECTS];
	cpu_set_t before;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	if (is_percpu() && there >= 0) {
		run_on(here);
		borrow(a, objects, N_OBJECTS);
		give_back(b, objects, N_OBJECTS);
		assert_int_equal(balanced_stats(pool).rack_hits, 1);
		run_on(there);
		borrow(a, objects, M);
		assert_int_equal(balanced_stats(pool).steals, 1);
		assert_int_equal(balanced_stats(pool).rack_hits, 1);
		give_back(a, objects, M);
	}
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	dp_worker_detach(a);
	dp_worker_detach(b);
	end(pool);
}

/* --- Workers and reserves ------------------------------------------------ */

static void
workers_are_those_attached_and_peak_the_most_ever(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *workers[5];

	(void)state;
	for (int i = 0; i < 5; i++) {
		workers[i] = dp_worker_attach(pool);
		assert_int_equal(balanced_stats(pool).workers, i + 1);
	}
	for (int i = 0; i < 5; i++) {
		dp_worker_detach(workers[i]);
		assert_int_equal(balanced_stats(pool).workers, 4 - i);
	}
	dp_worker_detach(dp_worker_attach(pool));
	assert_int_equal(balanced_stats(pool).peak_workers, 5);
	end(pool);
}

static void
reserve_constructs_n_more_into_the_depot(void **state)
{
	struct dp_pool *pool = create();
	struct dp_stats stats = { 0 };
	uint64_t sum = 0, magazines = 0;

	(void)state;
	if (leaks()) {
		assert_int_equal(dp_pool_reserve(pool, 1), -ENOTSUP);
		end(pool);
		return;
	}
	for (size_t n = 0; n <= 3 * M; n++) {
		assert_int_equal(dp_pool_reserve(pool, n), 0);
		sum += n;
		magazines += (n + M - 1) / M;
		stats = balanced_stats(pool);
		assert_int_equal(stats.reserved, sum);
		assert_int_equal(stats.constructed, sum);
		assert_int_equal(stats.depot, sum);
		assert_int_equal(stats.flushes, magazines);
	}
	assert_int_equal(stats.refills + stats.misses, 0);
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[3 * M * (3 * M + 1) / 2];

	borrow(worker, objects, (int)sum);
	stats = balanced_stats(pool);
	assert_int_equal(stats.constructed, sum);
	assert_int_equal(stats.misses, 0);
	give_back(worker, objects, (int)sum);
	dp_worker_detach(worker);
	end(pool);
}

/* Partly filled ones are many, and leave nothing as they are emptied. */
static void
magazines_are_cached_in_the_depot_or_empty(void **state)
{
	struct dp_pool *pool = create();
	void *objects[N_OBJECTS];
	struct dp_stats stats;

	(void)state;
	if (leaks()) {
		end(pool);
		return;
	}
	for (size_t n = 0; n < N_OBJECTS; n++)
		assert_int_equal(dp_pool_reserve(pool, 1), 0);
	stats = balanced_stats(pool);
	assert_int_equal(stats.magazines_cached, 0);
	assert_int_equal(stats.magazines_depot, N_OBJECTS);
	assert_int_equal(stats.magazine_slots, N_OBJECTS);
	struct dp_worker *worker = dp_worker_attach(pool);

	borrow(worker, objects, N_OBJECTS);
	stats = balanced_stats(pool);
	assert_int_equal(stats.magazines_cached, 2);
	assert_int_equal(stats.magazines_depot, 0);
	assert_int_equal(stats.magazines_empty, 0);
	assert_int_equal(stats.magazine_slots, N_OBJECTS + 2);
	give_back(worker, objects, N_OBJECTS);
	borrow(worker, objects, N_OBJECTS);
	/* Full ones were exchanged for empty ones, which wait for them. */
	stats = balanced_stats(pool);
	assert_int_equal(stats.magazines_empty, N_OBJECTS / M - 2);
	give_back(worker, objects, N_OBJECTS);
	stats = balanced_stats(pool);
	assert_int_equal(stats.magazines_empty, 0);
	assert_int_equal(stats.magazines_depot, N_OBJECTS / M - 2);
	/* Who attaches takes empty ones. */
	borrow(worker, objects, N_OBJECTS);
	dp_worker_detach(dp_worker_attach(pool));
	assert_int_equal(balanced_stats(pool).magazines_empty, 0);
	assert_int_equal(balanced_stats(pool).magazine_slots, N_OBJECTS + 2);
	give_back(worker, objects, N_OBJECTS);
	dp_worker_detach(worker);
	dp_pool_trim(pool, 0);
	stats = balanced_stats(pool);
	assert_int_equal(stats.magazines_cached + stats.magazines_depot +
				 stats.magazines_empty,
			 0);
	end(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fresh_pool_has_empty_books),
		cmocka_unit_test(
			objects_are_in_use_then_cached_then_in_the_depot),
		cmocka_unit_test(cache_holds_two_magazines_at_most),
		cmocka_unit_test(miss_is_an_answer_that_nothing_is_there),
		cmocka_unit_test(
			flush_and_refill_are_a_magazine_that_left_and_one_that_came),
		cmocka_unit_test(every_exchange_was_served_somewhere),
		cmocka_unit_test(magazine_of_another_cpus_rack_is_a_steal),
		cmocka_unit_test(
			workers_are_those_attached_and_peak_the_most_ever),
		cmocka_unit_test(reserve_constructs_n_more_into_the_depot),
		cmocka_unit_test(magazines_are_cached_in_the_depot_or_empty),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
