/* SPDX-License-Identifier: MIT */
/*
 * Totals never go back and levels stay within their limits, whoever looks and
 * whatever happens meanwhile: at rest after each of many random steps, and in
 * the eyes of a thread that watches others come, work and go.
 */
#include <driftpool/pool.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "support/books.h"
#include "support/harness.h"

#define M 4
#define N_WORKERS 4
#define N_LENT 100
#define N_STEPS 5000
#define STEPS_AN_AUDIT 50
#define N_TURNS HARNESS_LOAD(8000)

static struct dp_pool *
create(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "totals_test";
	config.object_size = 16;
	config.magazine_size = M;
	return dp_pool_create(&config);
}

/* The name of the total that went back, or NULL. */
static const char *
went_back(const struct dp_stats *before, const struct dp_stats *after)
{
	const struct {
		const char *name;
		uint64_t before, after;
	} totals[] = {
#define TOTAL(name) { #name, before->name, after->name }
		TOTAL(constructed),  TOTAL(destructed), TOTAL(refills),
		TOTAL(flushes),      TOTAL(misses),     TOTAL(rack_hits),
		TOTAL(depot_hits),   TOTAL(steals),     TOTAL(retries),
		TOTAL(peak_workers),
#undef TOTAL
	};

	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++)
		if (totals[i].after < totals[i].before)
			return totals[i].name;
	return NULL;
}

/* xorshift64: the state, never 0, is the number. */
static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* --- At rest ------------------------------------------------------------- */

struct walk {
	struct dp_pool *pool;
	struct dp_worker *workers[N_WORKERS]; /* NULL: detached */
	void *lent[N_LENT];
	size_t n_lent, peak;
	uint64_t random;
};

static struct dp_worker *
any_worker(struct walk *walk)
{
	size_t i = next_random(&walk->random) % N_WORKERS;

	if (!walk->workers[i])
		walk->workers[i] = dp_worker_attach(walk->pool);
	return walk->workers[i];
}

static void
detach_one(struct walk *walk)
{
	size_t i = next_random(&walk->random) % N_WORKERS;

	dp_worker_detach(walk->workers[i]);
	walk->workers[i] = NULL;
}

static void
borrow_some(struct walk *walk)
{
	size_t n = next_random(&walk->random) % (N_LENT - walk->n_lent + 1);

	assert_int_equal(
		dp_borrow_bulk(any_worker(walk), walk->lent + walk->n_lent, n),
		n);
	walk->n_lent += n;
	if (walk->n_lent > walk->peak)
		walk->peak = walk->n_lent;
}

static void
return_some(struct walk *walk)
{
	size_t n = next_random(&walk->random) % (walk->n_lent + 1);

	walk->n_lent -= n;
	dp_return_bulk(any_worker(walk), walk->lent + walk->n_lent, n);
}

static void
take_step(struct walk *walk)
{
	switch (next_random(&walk->random) % 8) {
	case 0:
	case 1:
	case 2:
		borrow_some(walk);
		break;
	case 3:
	case 4:
	case 5:
		return_some(walk);
		break;
	case 6:
		detach_one(walk);
		break;
	default:
		dp_pool_trim(walk->pool, next_random(&walk->random) % N_LENT);
	}
}

static void
books_balance_after_every_step_of_a_random_walk(void **state)
{
	struct walk walk = { .random = harness_seed() | 1 };
	struct dp_stats before = { 0 };

	(void)state;
	walk.pool = create();
	for (int step = 0; step < N_STEPS; step++) {
		struct dp_stats now;

		take_step(&walk);
		dp_pool_stats(walk.pool, &now);
		assert_null(went_back(&before, &now));
		assert_int_equal(now.in_use, walk.n_lent);
		uint64_t footprint = now.constructed - now.destructed;

		assert_int_equal(now.in_use + now.cached + now.depot,
				 footprint);
		assert_true(footprint <= dp_pool_bound(walk.pool, walk.peak));
		if (step % STEPS_AN_AUDIT == 0)
			assert_int_equal(dp_pool_audit(walk.pool), 0);
		before = now;
	}
	dp_return_bulk(any_worker(&walk), walk.lent, walk.n_lent);
	for (int i = 0; i < N_WORKERS; i++)
		dp_worker_detach(walk.workers[i]);
	assert_int_equal(dp_pool_destroy(walk.pool), 0);
}

/* --- While others work --------------------------------------------------- */

/* n_working counts the threads that have not finished. */
struct watch {
	struct dp_pool *pool;
	_Atomic unsigned n_working;
};

/* Comes and goes, and moves magazines between workers each time. */
static void
work(struct watch *watch)
{
	void *objects[5 * M];

	for (int turn = 0; turn < N_TURNS; turn++) {
		struct dp_worker *a = dp_worker_attach(watch->pool);
		struct dp_worker *b = dp_worker_attach(watch->pool);

		dp_borrow_bulk(a, objects, 5 * M);
		dp_return_bulk(b, objects, 5 * M);
		if (turn % 16 == 0) {
			dp_pool_reserve(watch->pool, M);
			dp_pool_trim(watch->pool, 2 * M);
		}
		dp_worker_detach(a);
		dp_worker_detach(b);
	}
	/* TW1 release: pairs with TW2.  The watcher's last look sees it all. */
	atomic_fetch_sub_explicit(&watch->n_working, 1, memory_order_release);
}

static unsigned
n_working(struct watch *watch)
{
	/* TW2 acquire: pairs with TW1. */
	return atomic_load_explicit(&watch->n_working, memory_order_acquire);
}

static void
look(struct watch *watch)
{
	struct dp_stats before = { 0 }, now;

	do {
		dp_pool_stats(watch->pool, &now);
		const char *total = went_back(&before, &now);

		if (total)
			harness_fail(total, 1, 0);
		if (now.workers > 2 * N_WORKERS)
			harness_fail("workers", 2 * N_WORKERS, now.workers);
		before = now;
	} while (n_working(watch) > 0);
}

static void
work_or_look(void *context, unsigned index)
{
	if (index == 0)
		look(context);
	else
		work(context);
}

static void
totals_never_go_back_while_workers_come_and_go(void **state)
{
	struct watch watch = { .n_working = N_WORKERS };
	struct dp_stats stats;

	(void)state;
	watch.pool = create();
	harness_race(1 + N_WORKERS, work_or_look, &watch);
	dp_pool_stats(watch.pool, &stats);
	assert_int_equal(stats.in_use, 0);
	assert_int_equal(stats.cached, 0);
	assert_int_equal(stats.depot, stats.constructed - stats.destructed);
	assert_int_equal(stats.workers, 0);
	assert_in_range(
		stats.reserved, 0,
		leaks() ? 0 : (uint64_t)N_WORKERS * M * ((N_TURNS + 15) / 16));
	assert_int_equal(dp_pool_audit(watch.pool), 0);
	assert_int_equal(dp_pool_destroy(watch.pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			books_balance_after_every_step_of_a_random_walk),
		cmocka_unit_test(
			totals_never_go_back_while_workers_come_and_go),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
