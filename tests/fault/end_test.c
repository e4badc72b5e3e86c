/* SPDX-License-Identifier: MIT */
/*
 * Untimely ends: a pool is destroyed again and again while others use it, and
 * threads end without detaching.  Destroy is refused as long as it must be, and
 * takes nothing away; what a thread left behind, the next one takes over.
 */
#include <errno.h>
#include <pthread.h>

#include "support/tally.h"

#define M 4
#define N_LOANS (3 * M)
#define N_THREADS 4
#define ROUNDS HARNESS_LOAD(2000)
#define REFUSALS_MIN 100

/* --- Destroy races ------------------------------------------------------- */

struct race {
	struct tally tally;
	/* Threads that still use the pool. */
	_Atomic unsigned users;
	_Atomic unsigned refusals;
};

static unsigned
race_get(_Atomic unsigned *count)
{
	/* EN1 relaxed: it may be heard one turn later. */
	return atomic_load_explicit(count, memory_order_relaxed);
}

static void
race_add(_Atomic unsigned *count, unsigned n)
{
	/* EN2 relaxed: nothing follows from it. */
	atomic_fetch_add_explicit(count, n, memory_order_relaxed);
}

/* Comes, uses the pool in all ways, and goes. */
static void
race_use(struct tally *tally)
{
	struct dp_worker *worker = tally_attach(tally);
	void *loans[N_LOANS];
	size_t n = tally_borrow_bulk(tally, worker, loans, N_LOANS);
	struct loan *loan = tally_borrow(tally, NULL);

	harness_equal("objects borrowed", N_LOANS, n);
	tally_return(tally, worker, loan);
	tally_return_bulk(tally, worker, loans, n);
	dp_thread_detach(tally->pool);
	tally_detach(tally, worker);
}

static void
race_work(void *context, unsigned index)
{
	struct race *race = context;

	if (index > 0) {
		tally_enter(&race->tally);
		/* Ends: destroy is refused so often. */
		for (int i = 0;
		     i < ROUNDS || race_get(&race->refusals) < REFUSALS_MIN;
		     i++)
			race_use(&race->tally);
		tally_leave(&race->tally);
		race_add(&race->users, -1u);
		return;
	}
	/* Ends: the others do. */
	while (race_get(&race->users) > 0) {
		harness_equal("destroy while in use", (uint64_t)-EBUSY,
			      (uint64_t)dp_pool_destroy(race->tally.pool));
		race_add(&race->refusals, 1);
	}
}

static void
race_run(struct race *race, unsigned n_threads)
{
	atomic_init(&race->users, n_threads - 1);
	atomic_init(&race->refusals, 0);
	harness_race(n_threads, race_work, race);
}

static void
destroy_is_refused_while_one_worker_stays_and_others_come_and_go(void **state)
{
	static struct race race;

	(void)state;
	tally_begin(&race.tally, M);
	struct dp_worker *worker = tally_attach(&race.tally);

	race_run(&race, N_THREADS);
	tally_detach(&race.tally, worker);
	tally_end(&race.tally);
}

static void
destroy_is_refused_while_one_object_is_out_and_others_come_and_go(void **state)
{
	static struct race race;

	(void)state;
	tally_begin(&race.tally, M);
	struct dp_worker *worker = tally_attach(&race.tally);
	struct loan *loan = tally_borrow(&race.tally, worker);

	tally_detach(&race.tally, worker);
	/* One user, so that often no worker is attached. */
	race_run(&race, 2);
	worker = tally_attach(&race.tally);
	tally_return(&race.tally, worker, loan);
	tally_detach(&race.tally, worker);
	tally_end(&race.tally);
}

/* --- Threads end --------------------------------------------------------- */

/* What a thread leaves: a worker with a cache, and what it had borrowed. */
struct legacy {
	struct tally *tally;
	struct dp_worker *worker;
	void *loans[N_LOANS];
};

static void *
end_without_detaching(void *arg)
{
	struct legacy *legacy = arg;
	struct tally *tally = legacy->tally;
	void *cached[N_LOANS];

	legacy->worker = tally_attach(tally);
	tally_borrow_bulk(tally, legacy->worker, legacy->loans, N_LOANS);
	tally_borrow_bulk(tally, legacy->worker, cached, N_LOANS);
	tally_return_bulk(tally, legacy->worker, cached, N_LOANS);
	tally_return(tally, legacy->worker, legacy->loans[0]);
	legacy->loans[0] = tally_borrow(tally, NULL);
	return NULL;
}

static void
thread_that_ends_without_detaching_leaves_all_to_the_next(void **state)
{
	struct tally tally;

	(void)state;
	tally_begin(&tally, M);
	for (int i = 0; i < ROUNDS; i++) {
		struct legacy legacy = { .tally = &tally };
		pthread_t thread;

		tally_enter(&tally);
		assert_int_equal(pthread_create(&thread, NULL,
						end_without_detaching, &legacy),
				 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		tally_leave(&tally);
		assert_int_equal(dp_pool_destroy(tally.pool), -EBUSY);
		assert_int_equal(tally_balance(&tally).in_use, N_LOANS);
		dp_worker_bind(legacy.worker);
		tally_return_bulk(&tally, legacy.worker, legacy.loans, N_LOANS);
		tally_detach(&tally, legacy.worker);
	}
	/* Else something was lost on the way. */
	if (tally_shares())
		assert_in_range(tally_footprint(&tally), 2 * N_LOANS,
				2 * N_LOANS + 1);
	tally_end(&tally);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			destroy_is_refused_while_one_worker_stays_and_others_come_and_go),
		cmocka_unit_test(
			destroy_is_refused_while_one_object_is_out_and_others_come_and_go),
		cmocka_unit_test(
			thread_that_ends_without_detaching_leaves_all_to_the_next),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
