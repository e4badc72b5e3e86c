/* SPDX-License-Identifier: MIT */
/*
 * Objects that are returned where they were not borrowed: what the pool is for.
 * With the backend `none`, which must leak, the negative control of each.
 */
#include <pthread.h>
#include <sched.h>

#include "base/random.h"
#include "support/tally.h"

#define PIPE_ROUNDS 4000
#define PIPE_LOANS HARNESS_LOAD(400000)
#define N_THREADS_IN_TURN 1000
#define N_DONORS 24
#define DONOR_ROUNDS HARNESS_LOAD(4000)
#define LOANS_MAX 4096

static const unsigned sizes[] = { 2, 3, 64, 1024 };
#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void *loans[LOANS_MAX];

/* --- One way ------------------------------------------------------------- */

/* A borrows `burst` objects and B returns them, over and over. */
static size_t
pipe_run(struct tally *tally, struct dp_worker *a, struct dp_worker *b,
	 size_t burst)
{
	for (int i = 0; i < PIPE_ROUNDS; i++) {
		for (size_t k = 0; k < burst; k++)
			loans[k] = tally_borrow(tally, a);
		for (size_t k = 0; k < burst; k++)
			tally_return(tally, b, loans[k]);
	}
	return tally_constructed(tally);
}

static void
return_by_other_worker_keeps_bound(void **state)
{
	struct tally tally;

	(void)state;
	for (size_t s = 0; s < N_SIZES; s++)
		for (size_t burst = 1; burst <= 7; burst++) {
			tally_begin(&tally, sizes[s]);
			struct dp_worker *a = tally_attach(&tally);
			struct dp_worker *b = tally_attach(&tally);
			size_t first = pipe_run(&tally, a, b, burst);
			size_t second = pipe_run(&tally, a, b, burst);

			assert_int_equal(second, first);
			assert_int_equal(first, burst + 2 * sizes[s]);
			assert_int_equal(first, tally_bound(&tally));
			tally_balance(&tally);
			tally_detach(&tally, a);
			tally_detach(&tally, b);
			tally_end(&tally);
		}
}

static void
return_by_other_worker_leaks(void **state)
{
	const size_t burst = 3;
	struct tally tally;

	(void)state;
	tally_begin(&tally, 64);
	struct dp_worker *a = tally_attach(&tally);
	struct dp_worker *b = tally_attach(&tally);

	/* Slope 1: nothing that A borrows ever comes back. */
	assert_int_equal(pipe_run(&tally, a, b, burst), burst * PIPE_ROUNDS);
	assert_int_equal(pipe_run(&tally, a, b, burst),
			 2 * burst * PIPE_ROUNDS);
	tally_detach(&tally, a);
	tally_detach(&tally, b);
	tally_end(&tally);
}

/* --- Two threads --------------------------------------------------------- */

#define RING_LOANS 64

/* A place is the taker's while it holds a loan, else the giver's. */
struct pipe {
	struct tally tally;
	_Atomic(struct loan *) ring[RING_LOANS];
};

static void
pipe_give(struct pipe *pipe)
{
	struct dp_worker *worker = tally_attach(&pipe->tally);

	for (size_t i = 0; i < PIPE_LOANS; i++) {
		_Atomic(struct loan *) *place = &pipe->ring[i % RING_LOANS];
		struct loan *loan = tally_borrow(&pipe->tally, worker);

		/* TH1 acquire: pairs with TH4.  The place was read. */
		while (atomic_load_explicit(place, memory_order_acquire))
			sched_yield();
		/* TH2 release: pairs with TH3.  Hands the loan over. */
		atomic_store_explicit(place, loan, memory_order_release);
	}
	tally_detach(&pipe->tally, worker);
}

static void
pipe_take(struct pipe *pipe)
{
	struct dp_worker *worker = tally_attach(&pipe->tally);

	for (size_t i = 0; i < PIPE_LOANS; i++) {
		_Atomic(struct loan *) *place = &pipe->ring[i % RING_LOANS];
		struct loan *loan;

		/* TH3 acquire: pairs with TH2.  Shows the loan. */
		while (!(loan = atomic_load_explicit(place,
						     memory_order_acquire)))
			sched_yield();
		/* TH4 release: pairs with TH1.  The place is free. */
		atomic_store_explicit(place, NULL, memory_order_release);
		tally_return(&pipe->tally, worker, loan);
	}
	tally_detach(&pipe->tally, worker);
}

static void
pipe_work(void *context, unsigned index)
{
	if (index == 0)
		pipe_give(context);
	else
		pipe_take(context);
}

/* Returns the number of objects constructed. */
static size_t
two_threads_run(unsigned size)
{
	static struct pipe pipe;

	tally_begin(&pipe.tally, size);
	harness_race(2, pipe_work, &pipe);
	size_t constructed = tally_constructed(&pipe.tally);

	tally_end(&pipe.tally);
	return constructed;
}

static void
a_pipe_between_threads_keeps_bound(void **state)
{
	(void)state;
	/* In use: the ring's, one in the giver's hand, one in the taker's. */
	for (size_t s = 0; s < N_SIZES; s++)
		assert_in_range(two_threads_run(sizes[s]), 1,
				RING_LOANS + 2 + 2 * sizes[s]);
}

static void
a_pipe_between_threads_leaks(void **state)
{
	(void)state;
	assert_int_equal(two_threads_run(64), PIPE_LOANS);
}

/* --- Threads in turn ----------------------------------------------------- */

#define LOANS_IN_TURN 100

static void *
thread_in_turn(void *arg)
{
	struct tally *tally = arg;
	struct loan *mine[LOANS_IN_TURN];

	for (int i = 0; i < LOANS_IN_TURN; i++)
		mine[i] = tally_borrow(tally, NULL);
	for (int i = 0; i < LOANS_IN_TURN; i++)
		tally_return(tally, NULL, mine[i]);
	return NULL;
}

/* Each thread comes and goes with its thread-local worker. */
static size_t
threads_in_turn_run(unsigned size)
{
	struct tally tally;
	pthread_t thread;

	tally_begin(&tally, size);
	for (int i = 0; i < N_THREADS_IN_TURN; i++) {
		tally_enter(&tally);
		assert_int_equal(
			pthread_create(&thread, NULL, thread_in_turn, &tally),
			0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		tally_leave(&tally);
	}
	size_t constructed = tally_constructed(&tally);

	tally_end(&tally);
	return constructed;
}

static void
threads_in_turn_share_one_threads_objects(void **state)
{
	(void)state;
	for (size_t s = 0; s < N_SIZES; s++)
		assert_int_equal(threads_in_turn_run(sizes[s]), LOANS_IN_TURN);
}

static void
threads_in_turn_strand_their_objects(void **state)
{
	(void)state;
	assert_int_equal(threads_in_turn_run(64),
			 LOANS_IN_TURN * N_THREADS_IN_TURN);
}

/* --- Detach -------------------------------------------------------------- */

/* Returns how many objects another worker had to construct to borrow n. */
static size_t
detach_run(unsigned size, size_t n)
{
	struct tally tally;

	tally_begin(&tally, size);
	struct dp_worker *donor = tally_attach(&tally);
	struct dp_worker *heir = tally_attach(&tally);

	assert_int_equal(tally_borrow_bulk(&tally, donor, loans, n), n);
	tally_return_bulk(&tally, donor, loans, n);
	tally_detach(&tally, donor);
	struct dp_stats stats = tally_balance(&tally);

	assert_int_equal(stats.cached, 0);
	assert_int_equal(stats.depot, n);
	size_t before = tally_constructed(&tally);

	assert_int_equal(tally_borrow_bulk(&tally, heir, loans, n), n);
	size_t constructed = tally_constructed(&tally) - before;

	tally_return_bulk(&tally, heir, loans, n);
	tally_detach(&tally, heir);
	tally_end(&tally);
	return constructed;
}

static void
detach_donates_all_to_others(void **state)
{
	(void)state;
	for (unsigned size = 2; size <= 5; size++)
		for (size_t n = 1; n <= 3 * size; n++)
			assert_int_equal(detach_run(size, n), 0);
	assert_int_equal(detach_run(64, 100), 0);
	assert_int_equal(detach_run(1024, 1), 0);
}

static void
detach_strands_all(void **state)
{
	(void)state;
	assert_int_equal(detach_run(64, 100), 100);
}

/* Takes all from the shared pool.  Returns the number of magazines. */
static size_t
magazines_inside(struct tally *tally)
{
	struct dp_worker *worker = tally_attach(tally);
	struct dp_stats before = tally_balance(tally);
	size_t n = before.depot;

	assert_in_range(n, 0, LOANS_MAX);
	assert_int_equal(tally_borrow_bulk(tally, worker, loans, n), n);
	struct dp_stats after = tally_balance(tally);

	assert_int_equal(after.constructed, before.constructed);
	tally_return_bulk(tally, worker, loans, n);
	tally_detach(tally, worker);
	return after.refills - before.refills;
}

static void
donors_in_turn_leave_one_partial_magazine(void **state)
{
	const size_t size = 8;
	uint64_t random = random_seed(harness_seed(), 0);
	struct dp_worker *donors[N_DONORS];
	size_t counts[N_DONORS];
	size_t sum = 0;
	struct tally tally;

	(void)state;
	tally_begin(&tally, size);
	for (int i = 0; i < N_DONORS; i++) {
		counts[i] = random_next(&random) % (2 * size + 1);
		donors[i] = tally_attach(&tally);
		tally_borrow_bulk(&tally, donors[i], loans + sum, counts[i]);
		sum += counts[i];
	}
	void **mine = loans;

	for (int i = 0; i < N_DONORS; mine += counts[i++])
		tally_return_bulk(&tally, donors[i], mine, counts[i]);
	for (int i = 0; i < N_DONORS; i++)
		tally_detach(&tally, donors[i]);
	assert_int_equal(tally_footprint(&tally), sum);
	assert_int_equal(magazines_inside(&tally), (sum + size - 1) / size);
	tally_end(&tally);
}

static void
donor_work(void *context, unsigned index)
{
	struct tally *tally = context;
	uint64_t random = random_seed(harness_seed(), index);
	void *mine[16];

	for (int i = 0; i < DONOR_ROUNDS; i++) {
		struct dp_worker *worker = tally_attach(tally);
		size_t n = random_next(&random) % 16;

		tally_borrow_bulk(tally, worker, mine, n);
		tally_return_bulk(tally, worker, mine, n);
		tally_detach(tally, worker);
	}
}

static void
donors_together_leave_few_partial_magazines(void **state)
{
	const size_t size = 8;
	const unsigned n_threads = 2 * harness_cpus();
	struct tally tally;

	(void)state;
	tally_begin(&tally, size);
	harness_race(n_threads, donor_work, &tally);
	size_t full = tally_footprint(&tally) / size;

	assert_in_range(magazines_inside(&tally), full, full + n_threads + 1);
	tally_end(&tally);
}

int
main(void)
{
	const struct CMUnitTest shared[] = {
		cmocka_unit_test(return_by_other_worker_keeps_bound),
		cmocka_unit_test(a_pipe_between_threads_keeps_bound),
		cmocka_unit_test(threads_in_turn_share_one_threads_objects),
		cmocka_unit_test(detach_donates_all_to_others),
		cmocka_unit_test(donors_in_turn_leave_one_partial_magazine),
		cmocka_unit_test(donors_together_leave_few_partial_magazines),
	};
	const struct CMUnitTest none[] = {
		cmocka_unit_test(return_by_other_worker_leaks),
		cmocka_unit_test(a_pipe_between_threads_leaks),
		cmocka_unit_test(threads_in_turn_strand_their_objects),
		cmocka_unit_test(detach_strands_all),
	};
	return harness_status(
		tally_shares() ? cmocka_run_group_tests(shared, NULL, NULL)
			       : cmocka_run_group_tests(none, NULL, NULL));
}
