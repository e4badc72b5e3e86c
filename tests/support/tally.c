/* SPDX-License-Identifier: MIT */
/* Counting and checking around every call of the library; see tally.h. */
#include "tally.h"

#include <errno.h>
#include <string.h>

#include "count.h"

#define COOKIE UINT64_C(0x6c6f616e6c6f616e)
#define NOTE UINT64_C(0x6e6f7465)

static void
level_raise(struct tally_level *level, size_t n)
{
	count_raise(&level->peak, count_add(&level->now, n) + n);
}

static void
level_lower(struct tally_level *level, size_t n)
{
	count_add(&level->now, -n);
}

size_t
tally_bound(struct tally *tally)
{
	size_t workers = count_get(&tally->workers.peak);
	size_t caches = workers ? (workers - 1) * 2 * tally->magazine_size : 0;

	return count_get(&tally->in_use.peak) + caches +
	       count_get(&tally->reserved) +
	       count_get(&tally->trims.peak) * 2 * tally->magazine_size;
}

size_t
tally_footprint(struct tally *tally)
{
	size_t constructed = count_get(&tally->constructed);
	size_t destructed = count_get(&tally->destructed);

	/* Read later, it may be of a time when there was more of both. */
	return constructed > destructed ? constructed - destructed : 0;
}

size_t
tally_constructed(struct tally *tally)
{
	return count_get(&tally->constructed);
}

/* --- Loans -------------------------------------------------------------- */

static uint64_t
cookie_of(const struct loan *loan)
{
	return (uint64_t)(uintptr_t)loan ^ COOKIE;
}

/* Returns who had the loan so far. */
static uint64_t
holder_change(struct loan *loan, const void *holder)
{
	/* TL1 relaxed: the tally must not order what the pool must. */
	return (uintptr_t)atomic_exchange_explicit(&loan->holder, holder,
						   memory_order_relaxed);
}

static int
loan_construct(void *object, void *arg)
{
	struct tally *tally = arg;
	struct loan *loan = object;
	size_t before = count_add(&tally->tried, 1);

	if (tally->refuse_one_in && before % tally->refuse_one_in == 0)
		return -TALLY_REFUSAL;
	if (count_add(&tally->constructed, 1) >= tally->limit) {
		count_add(&tally->constructed, -(size_t)1);
		return -TALLY_REFUSAL;
	}
	*loan = (struct loan){ .cookie = cookie_of(loan) };

	/* Read before the bound, which only grows: never a false alarm. */
	size_t footprint = tally_footprint(tally);
	size_t bound = tally_bound(tally);

	if (tally->bounded && footprint > bound)
		harness_fail("objects constructed, at most", bound, footprint);
	return 0;
}

static void
loan_destruct(void *object, void *arg)
{
	struct tally *tally = arg;
	struct loan *loan = object;

	harness_equal("cookie of an object destructed", cookie_of(loan),
		      loan->cookie);
	harness_equal("holder of an object destructed", 0,
		      holder_change(loan, NULL));
	loan->cookie = 0;
	count_add(&tally->destructed, 1);
}

static void
loan_claim(struct loan *loan, const void *holder)
{
	harness_equal("holder of an object borrowed", 0,
		      holder_change(loan, holder));
	harness_equal("cookie of an object borrowed", cookie_of(loan),
		      loan->cookie);
	harness_equal("note in an object borrowed", 0, loan->note);
	loan->note = NOTE;
}

static void
loan_release(struct loan *loan)
{
	harness_equal("cookie of an object returned", cookie_of(loan),
		      loan->cookie);
	harness_equal("note in an object returned", NOTE, loan->note);
	loan->note = 0;
	if (holder_change(loan, NULL) == 0)
		harness_fail("holder of an object returned", 1, 0);
}

/* --- Pools -------------------------------------------------------------- */

bool
tally_shares(void)
{
	return strcmp(dp_backend_name(), "none") != 0;
}

void
tally_begin(struct tally *tally, unsigned magazine_size)
{
	struct dp_config config = DP_CONFIG_INIT;

	memset(tally, 0, sizeof(*tally));
	tally->magazine_size = magazine_size;
	tally->bounded = tally_shares();
	tally->limit = SIZE_MAX;
	config.name = "tally";
	config.object_size = sizeof(struct loan);
	config.magazine_size = magazine_size;
	config.construct = loan_construct;
	config.destruct = loan_destruct;
	config.arg = tally;
	tally->pool = dp_pool_create(&config);
	assert_non_null(tally->pool);
}

/*
 * At rest each worker has two.  Of partly filled ones each worker may have left
 * one, and each reserve; of the rest all are explained by objects and workers.
 */
static void
balance_magazines(struct tally *tally, const struct dp_stats *stats)
{
	uint64_t workers = count_get(&tally->workers.peak);
	uint64_t all = stats->magazines_cached + stats->magazines_depot +
		       stats->magazines_empty;

	assert_int_equal(stats->magazines_cached, 2 * stats->workers);
	assert_in_range(all, 0,
			tally_footprint(tally) / tally->magazine_size +
				5 * workers + count_get(&tally->reserved));
	assert_in_range(stats->magazine_slots, all, UINT32_MAX);
}

struct dp_stats
tally_balance(struct tally *tally)
{
	size_t peak = count_get(&tally->in_use.peak);
	size_t bound = dp_pool_bound(tally->pool, peak);
	uint64_t reserved = count_get(&tally->reserved);
	struct dp_stats stats;

	assert_int_equal(dp_pool_audit(tally->pool), 0);
	dp_pool_stats(tally->pool, &stats);
	assert_int_equal(stats.constructed, count_get(&tally->constructed));
	assert_int_equal(stats.destructed, count_get(&tally->destructed));
	/* Each object given up may have taken one off it. */
	assert_in_range(
		stats.reserved,
		reserved > stats.destructed ? reserved - stats.destructed : 0,
		reserved);
	assert_int_equal(stats.workers, count_get(&tally->workers.now));
	assert_int_equal(stats.in_use, count_get(&tally->in_use.now));
	assert_int_equal(stats.in_use + stats.cached + stats.depot,
			 tally_footprint(tally));
	if (!tally->bounded) {
		assert_int_equal(bound, SIZE_MAX);
		return stats;
	}
	/* The tally may see a worker for longer than the library does. */
	assert_in_range(bound, tally_footprint(tally), tally_bound(tally));
	assert_in_range(stats.cached, 0,
			stats.workers * 2 * tally->magazine_size);
	balance_magazines(tally, &stats);
	return stats;
}

void
tally_end(struct tally *tally)
{
	struct dp_stats stats = tally_balance(tally);

	assert_int_equal(stats.in_use, 0);
	assert_int_equal(stats.workers, 0);
	assert_int_equal(dp_pool_destroy(tally->pool), 0);
	assert_int_equal(tally_footprint(tally), 0);
}

void
tally_enter(struct tally *tally)
{
	level_raise(&tally->workers, 1);
}

void
tally_leave(struct tally *tally)
{
	level_lower(&tally->workers, 1);
}

struct dp_worker *
tally_attach(struct tally *tally)
{
	tally_enter(tally);
	struct dp_worker *worker = dp_worker_attach(tally->pool);

	if (!worker)
		harness_fail("attach: errno", 0, (uint64_t)errno);
	return worker;
}

void
tally_detach(struct tally *tally, struct dp_worker *worker)
{
	dp_worker_detach(worker);
	tally_leave(tally);
}

struct loan *
tally_borrow(struct tally *tally, struct dp_worker *worker)
{
	level_raise(&tally->in_use, 1);
	struct loan *loan =
		worker ? dp_borrow(worker) : dp_pool_borrow(tally->pool);

	if (!loan) {
		level_lower(&tally->in_use, 1);
		return NULL;
	}
	loan_claim(loan, worker ? (void *)worker : (void *)tally->pool);
	return loan;
}

void
tally_return(struct tally *tally, struct dp_worker *worker, struct loan *loan)
{
	loan_release(loan);
	if (worker)
		dp_return(worker, loan);
	else
		dp_pool_return(tally->pool, loan);
	level_lower(&tally->in_use, 1);
}

size_t
tally_borrow_bulk(struct tally *tally, struct dp_worker *worker, void **loans,
		  size_t n)
{
	level_raise(&tally->in_use, n);
	size_t got = dp_borrow_bulk(worker, loans, n);

	level_lower(&tally->in_use, n - got);
	for (size_t i = 0; i < got; i++)
		loan_claim(loans[i], worker);
	return got;
}

void
tally_return_bulk(struct tally *tally, struct dp_worker *worker,
		  void *const *loans, size_t n)
{
	for (size_t i = 0; i < n; i++)
		loan_release(loans[i]);
	dp_return_bulk(worker, loans, n);
	level_lower(&tally->in_use, n);
}

int
tally_reserve(struct tally *tally, size_t n)
{
	count_add(&tally->reserved, n);
	int status = dp_pool_reserve(tally->pool, n);

	if (status != 0)
		count_add(&tally->reserved, -n);
	return status;
}

size_t
tally_trim(struct tally *tally, size_t keep)
{
	level_raise(&tally->trims, 1);
	size_t n = dp_pool_trim(tally->pool, keep);

	level_lower(&tally->trims, 1);
	return n;
}
