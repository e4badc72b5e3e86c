/* SPDX-License-Identifier: MIT */
/* The working set: what was needed lately stays, what was not is given up. */
#include <driftpool/pool.h>

#include <stdbool.h>
#include <string.h>

#include "support/books.h"
#include "support/harness.h"

#define M 4u
#define STOCK (30 * M)
#define INTERVAL 32u

/* What destructors did, and use besides. */
static struct {
	size_t destructed;
	size_t most; /* in one call */
	struct dp_worker *worker;
	bool racing; /* many threads: nothing is counted */
} seen;

static void
destruct(void *object, void *arg)
{
	struct dp_worker *worker = seen.worker;

	(void)object;
	(void)arg;
	if (!seen.racing)
		seen.destructed++;
	if (!worker)
		return;
	/* Not again from within: that would not end. */
	seen.worker = NULL;
	void *other = dp_borrow(worker);

	assert_non_null(other);
	dp_return(worker, other);
	seen.worker = worker;
}

static struct dp_pool *
create(size_t interval)
{
	struct dp_config config = DP_CONFIG_INIT;

	memset(&seen, 0, sizeof(seen));
	config.name = "needed_test";
	config.object_size = 40;
	config.magazine_size = M;
	config.trim = interval;
	config.destruct = destruct;
	return dp_pool_create(&config);
}

static void
end(struct dp_pool *pool)
{
	assert_int_equal(dp_pool_audit(pool), 0);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

/* Borrows n and returns them, one at a time: what is needed at a time is n. */
static void
need(struct dp_worker *worker, size_t n)
{
	void *objects[STOCK];

	for (size_t i = 0; i < n; i++) {
		size_t before = seen.destructed;

		objects[i] = dp_borrow(worker);
		if (seen.destructed - before > seen.most)
			seen.most = seen.destructed - before;
	}
	for (size_t i = 0; i < n; i++) {
		size_t before = seen.destructed;

		dp_return(worker, objects[i]);
		if (seen.destructed - before > seen.most)
			seen.most = seen.destructed - before;
	}
}

/* --- Asked for ----------------------------------------------------------- */

static void
what_was_needed_since_the_last_trim_is_kept(void **state)
{
	struct dp_pool *pool = create(0);

	(void)state;
	if (leaks()) {
		end(pool);
		return;
	}
	assert_int_equal(dp_pool_reserve(pool, STOCK), 0);
	struct dp_worker *worker = dp_worker_attach(pool);

	dp_pool_trim(pool, DP_KEEP_NEEDED);
	for (size_t n = 20; n > 0; n -= 4) {
		struct dp_stats stats;

		for (int turn = 0; turn < 5; turn++)
			need(worker, n * M);
		dp_pool_trim(pool, DP_KEEP_NEEDED);
		dp_pool_stats(pool, &stats);
		/* The worker has some of them in its cache. */
		assert_in_range(stats.depot + stats.cached, n * M, (n + 2) * M);
		/* And none was missing: nothing had to be constructed. */
		assert_int_equal(stats.constructed, STOCK);
	}
	/* Nothing at all was needed. */
	dp_pool_trim(pool, DP_KEEP_NEEDED);
	assert_int_equal(balanced_stats(pool).depot, 0);
	dp_worker_detach(worker);
	end(pool);
}

static void
what_was_just_given_may_have_been_needed(void **state)
{
	struct dp_pool *pool = create(0);
	struct dp_worker *worker = dp_worker_attach(pool);

	(void)state;
	need(worker, STOCK);
	assert_int_equal(dp_pool_trim(pool, DP_KEEP_NEEDED), 0);
	dp_worker_detach(worker);
	/* By then nobody has asked for it. */
	assert_int_equal(dp_pool_trim(pool, DP_KEEP_NEEDED),
			 leaks() ? 0 : STOCK - 2 * M);
	end(pool);
}

/* --- By who exchanges ---------------------------------------------------- */

static uint64_t
footprint_after(size_t interval, bool use_worker)
{
	struct dp_pool *pool = create(interval);
	struct dp_worker *worker = dp_worker_attach(pool);

	need(worker, STOCK);
	if (use_worker)
		seen.worker = worker;
	for (unsigned turn = 0; turn < 40 * INTERVAL; turn++)
		need(worker, 6 * M);
	seen.worker = NULL;
	struct dp_stats stats = balanced_stats(pool);

	assert_int_equal(stats.in_use, 0);
	assert_int_equal(stats.destructed, seen.destructed);
	dp_worker_detach(worker);
	end(pool);
	return stats.constructed - stats.destructed;
}

static void
exchanges_trim_down_to_what_is_needed(void **state)
{
	(void)state;
	assert_in_range(footprint_after(INTERVAL, false), 6 * M,
			leaks() ? STOCK : 8 * M);
	/* A magazine at a time. */
	assert_int_equal(seen.most, leaks() ? 0 : M);
}

/* The control: it is the trimming that does it. */
static void
without_trimming_all_stays(void **state)
{
	(void)state;
	assert_int_equal(footprint_after(0, false), STOCK);
	assert_int_equal(seen.most, 0);
}

static void
destructors_of_a_trim_may_use_the_worker(void **state)
{
	(void)state;
	assert_in_range(footprint_after(INTERVAL, true), 6 * M,
			leaks() ? STOCK : 8 * M);
}

/* --- Many at a time ------------------------------------------------------ */

static void
race(void *context, unsigned index)
{
	struct dp_pool *pool = context;
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[STOCK];

	for (unsigned turn = 0; turn < HARNESS_LOAD(3000u); turn++) {
		size_t n = 1 + (turn * 7 + index * 5) % STOCK;

		harness_equal("borrowed", n,
			      dp_borrow_bulk(worker, objects, n));
		dp_return_bulk(worker, objects, n);
		if (turn % 64 == index)
			dp_pool_trim(pool, DP_KEEP_NEEDED);
	}
	dp_worker_detach(worker);
}

static void
books_balance_when_many_trim(void **state)
{
	struct dp_pool *pool = create(INTERVAL);

	(void)state;
	seen.racing = true;
	harness_race(4, race, pool);
	assert_int_equal(balanced_stats(pool).in_use, 0);
	end(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_needed_since_the_last_trim_is_kept),
		cmocka_unit_test(what_was_just_given_may_have_been_needed),
		cmocka_unit_test(exchanges_trim_down_to_what_is_needed),
		cmocka_unit_test(without_trimming_all_stays),
		cmocka_unit_test(destructors_of_a_trim_may_use_the_worker),
		cmocka_unit_test(books_balance_when_many_trim),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
