/* SPDX-License-Identifier: MIT */
/* The limits of a pool: how many objects exist, how many the depot holds. */
#include <driftpool/pool.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "support/books.h"
#include "support/harness.h"

#define M 4u
#define MAX 40u
#define N_WORKERS 3u

/* What constructors and destructors see. */
static struct {
	_Atomic size_t live, peak;
} seen;

static size_t
number(_Atomic size_t *of)
{
	/* TX1 relaxed: a number; read at rest, or never too large. */
	return atomic_load_explicit(of, memory_order_relaxed);
}

/* Returns what it was. */
static size_t
add(_Atomic size_t *to, size_t n)
{
	/* TX2 relaxed: a number. */
	return atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

static int
construct(void *object, void *arg)
{
	size_t live = add(&seen.live, 1) + 1;
	size_t peak = number(&seen.peak);

	(void)object;
	(void)arg;
	/* TX3 relaxed: a number. */
	while (peak < live &&
	       !atomic_compare_exchange_weak_explicit(&seen.peak, &peak, live,
						      memory_order_relaxed,
						      memory_order_relaxed))
		;
	return 0;
}

static void
destruct(void *object, void *arg)
{
	(void)object;
	(void)arg;
	add(&seen.live, (size_t)-1);
}

static struct dp_pool *
create(size_t max_objects, size_t depot_limit)
{
	struct dp_config config = DP_CONFIG_INIT;

	memset(&seen, 0, sizeof(seen));
	config.name = "limit_test";
	config.object_size = 24;
	config.magazine_size = M;
	config.max_objects = max_objects;
	config.depot_limit = depot_limit;
	config.construct = construct;
	config.destruct = destruct;
	return dp_pool_create(&config);
}

static void
end(struct dp_pool *pool)
{
	assert_int_equal(dp_pool_audit(pool), 0);
	assert_int_equal(dp_pool_destroy(pool), 0);
	assert_int_equal(number(&seen.live), 0);
}

/* --- Objects that exist -------------------------------------------------- */

/* Borrows one by one until refused; returns how many it got. */
static size_t
borrow_all(struct dp_worker *worker, void **objects, size_t n)
{
	size_t got = 0;

	errno = 0;
	while (got < n && (objects[got] = dp_borrow(worker)))
		got++;
	if (got < n)
		assert_int_equal(errno, EAGAIN);
	return got;
}

static void
borrow_beyond_the_limit_is_refused_with_eagain(void **state)
{
	struct dp_pool *pool = create(MAX, 0);
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[MAX + 1], *more;

	(void)state;
	assert_int_equal(borrow_all(worker, objects, MAX + 1), MAX);
	for (int turn = 0; turn < 3; turn++) {
		errno = 0;
		assert_null(dp_borrow(worker));
		assert_int_equal(errno, EAGAIN);
	}
	/* A place that comes free is there at once. */
	dp_return(worker, objects[MAX - 1]);
	more = dp_borrow(worker);
	assert_ptr_equal(more, objects[MAX - 1]);
	dp_return_bulk(worker, objects, MAX);
	assert_int_equal(balanced_stats(pool).constructed, MAX);
	dp_worker_detach(worker);
	if (!leaks()) {
		assert_int_equal(dp_pool_trim(pool, 0), MAX);
		worker = dp_worker_attach(pool);
		assert_int_equal(borrow_all(worker, objects, MAX + 1), MAX);
		dp_return_bulk(worker, objects, MAX);
		dp_worker_detach(worker);
	}
	end(pool);
}

/* The control: what refuses is the limit, and nothing else. */
static void
without_a_limit_nothing_is_refused(void **state)
{
	struct dp_pool *pool = create(0, 0);
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[4 * MAX];

	(void)state;
	assert_int_equal(borrow_all(worker, objects, 4 * MAX), 4 * MAX);
	assert_int_equal(number(&seen.peak), 4 * MAX);
	dp_return_bulk(worker, objects, 4 * MAX);
	dp_worker_detach(worker);
	end(pool);
}

static void
bulk_gets_what_there_is(void **state)
{
	struct dp_pool *pool = create(MAX, 0);
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[2 * MAX];

	(void)state;
	for (size_t have = 0; have <= MAX; have++) {
		assert_int_equal(dp_borrow_bulk(worker, objects, have), have);
		errno = 0;
		assert_int_equal(dp_borrow_bulk(worker, objects + have, MAX),
				 MAX - have);
		assert_int_equal(errno, have == 0 ? 0 : EAGAIN);
		dp_return_bulk(worker, objects, MAX);
	}
	dp_worker_detach(worker);
	end(pool);
}

/*
 * The worst case of the promise: all other caches are full of what their
 * workers never ask for.  A promise any larger would be wrong.
 */
static void
all_but_the_other_caches_can_be_lent(void **state)
{
	const size_t promised = MAX - (N_WORKERS - 1) * 2 * M;
	struct dp_pool *pool = create(MAX, 0);
	struct dp_worker *workers[N_WORKERS];
	void *objects[MAX + 1];

	(void)state;
	for (unsigned i = 0; i < N_WORKERS; i++)
		workers[i] = dp_worker_attach(pool);
	assert_int_equal(dp_borrow_bulk(workers[0], objects, MAX), MAX);
	for (unsigned i = 1; i < N_WORKERS; i++)
		dp_return_bulk(workers[i], objects + 2 * M * (i - 1), 2 * M);
	/* What is in use already counts: it is lent. */
	dp_return_bulk(workers[0], objects + MAX - promised, promised);
	assert_int_equal(borrow_all(workers[0], objects, MAX + 1), promised);
	/* A worker that goes leaves them to the others. */
	dp_worker_detach(workers[1]);
	assert_int_equal(borrow_all(workers[0], objects + promised, 4 * M),
			 leaks() ? 0 : 2 * M);
	dp_return_bulk(workers[0], objects, promised + (leaks() ? 0 : 2 * M));
	dp_worker_detach(workers[0]);
	dp_worker_detach(workers[2]);
	end(pool);
}

static void
bound_is_no_more_than_the_limit(void **state)
{
	struct dp_pool *pool = create(MAX, 0);

	(void)state;
	assert_int_equal(dp_pool_bound(pool, MAX - 1), leaks() ? MAX : MAX - 1);
	assert_int_equal(dp_pool_bound(pool, MAX + 1), MAX);
	assert_int_equal(dp_pool_bound(pool, SIZE_MAX), MAX);
	end(pool);
}

static void
reserve_beyond_the_limits_is_refused_whole(void **state)
{
	struct dp_pool *pool = create(MAX, 3);

	(void)state;
	if (!leaks()) {
		assert_int_equal(dp_pool_reserve(pool, 3 * M + 1), -ENOSPC);
		assert_int_equal(number(&seen.peak), 0);
		assert_int_equal(dp_pool_reserve(pool, 2 * M + 1), 0);
		assert_int_equal(dp_pool_reserve(pool, 1), -ENOSPC);
		assert_int_equal(balanced_stats(pool).depot, 2 * M + 1);
		assert_int_equal(balanced_stats(pool).reserved, 2 * M + 1);
		assert_int_equal(dp_pool_trim(pool, 0), 2 * M + 1);
		assert_int_equal(dp_pool_reserve(pool, 3 * M), 0);
	}
	end(pool);
	pool = create(MAX, 0);
	if (!leaks()) {
		assert_int_equal(dp_pool_reserve(pool, MAX + 1), -EAGAIN);
		assert_int_equal(balanced_stats(pool).depot, 0);
		assert_int_equal(dp_pool_reserve(pool, MAX), 0);
	}
	end(pool);
}

/* --- Many at a time ------------------------------------------------------ */

#define RACERS 4u
#define LIMIT 2u

static void
race(void *context, unsigned index)
{
	struct dp_pool *pool = context;
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[MAX];

	for (unsigned turn = 0; turn < HARNESS_LOAD(4000u); turn++) {
		size_t n = 1 + (turn * 7 + index * 5) % MAX;
		size_t got = dp_borrow_bulk(worker, objects, n);

		if (got < n)
			harness_equal("errno", EAGAIN, (uint64_t)errno);
		dp_return_bulk(worker, objects, got);
	}
	dp_worker_detach(worker);
}

static void
limits_hold_while_many_borrow_and_return(void **state)
{
	struct dp_pool *pool = create(MAX, LIMIT);

	(void)state;
	harness_race(RACERS, race, pool);
	assert_in_range(number(&seen.peak), 1, MAX);
	struct dp_stats stats = balanced_stats(pool);

	assert_int_equal(stats.in_use, 0);
	/* No place was lost. */
	assert_int_equal(stats.depot, number(&seen.live));
	assert_in_range(stats.depot, 0, LIMIT * M);
	if (!leaks()) {
		struct dp_worker *worker = dp_worker_attach(pool);
		void *objects[MAX + 1];

		assert_int_equal(borrow_all(worker, objects, MAX + 1), MAX);
		dp_return_bulk(worker, objects, MAX);
		dp_worker_detach(worker);
		assert_int_equal(balanced_stats(pool).depot, LIMIT * M);
	}
	end(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			borrow_beyond_the_limit_is_refused_with_eagain),
		cmocka_unit_test(without_a_limit_nothing_is_refused),
		cmocka_unit_test(bulk_gets_what_there_is),
		cmocka_unit_test(all_but_the_other_caches_can_be_lent),
		cmocka_unit_test(bound_is_no_more_than_the_limit),
		cmocka_unit_test(reserve_beyond_the_limits_is_refused_whole),
		cmocka_unit_test(limits_hold_while_many_borrow_and_return),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
