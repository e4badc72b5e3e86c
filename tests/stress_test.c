/* SPDX-License-Identifier: MIT */
/*
 * More threads than CPUs do everything at random for a while: borrow, return,
 * in bulk, for each other, attach and detach, stats, trim, reserve.  The tally
 * watches the loans and the bound; at the end all must be in its place.
 */
#include <errno.h>

#include "random.h"
#include "tally.h"

#define TURNS HARNESS_LOAD(200000)
#define HOLD 24
#define BULK_MAX 9
#define MAILBOXES 16

/* What a load consists of, besides borrowing and returning. */
struct load {
	unsigned magazine_size;
	/* Objects reserved by all threads together; 0: nobody trims either. */
	size_t reserve;
};

struct stress {
	const struct load *load;
	struct tally tally;
	/* Loans left by one thread for any other. */
	_Atomic(struct loan *) mailboxes[MAILBOXES];
	unsigned n_threads;
};

/* One thread: what it holds, what it may still reserve. */
struct hand {
	struct stress *stress;
	struct dp_worker *worker;
	uint64_t random;
	size_t to_reserve;
	size_t n;
	void *loans[HOLD + BULK_MAX + 1];
};

/* A number below n. */
static size_t
hand_pick(struct hand *hand, size_t n)
{
	return (random_next(&hand->random) >> 16) % n;
}

/* Moves a loan chosen at random to the end. */
static void
hand_shuffle(struct hand *hand)
{
	size_t i = hand_pick(hand, hand->n);
	void *loan = hand->loans[i];

	hand->loans[i] = hand->loans[hand->n - 1];
	hand->loans[hand->n - 1] = loan;
}

static void
hand_borrow(struct hand *hand)
{
	struct tally *tally = &hand->stress->tally;

	if (hand_pick(hand, 4) == 0) {
		size_t n = hand_pick(hand, BULK_MAX + 1);

		harness_equal("objects borrowed", n,
			      tally_borrow_bulk(tally, hand->worker,
						hand->loans + hand->n, n));
		hand->n += n;
	} else {
		struct loan *loan = tally_borrow(tally, hand->worker);

		if (!loan)
			harness_fail("objects borrowed", 1, 0);
		hand->loans[hand->n++] = loan;
	}
}

static void
hand_return(struct hand *hand)
{
	struct tally *tally = &hand->stress->tally;

	hand_shuffle(hand);
	if (hand_pick(hand, 4) == 0) {
		size_t n = 1 + hand_pick(hand, BULK_MAX);

		n = n < hand->n ? n : hand->n;
		hand->n -= n;
		tally_return_bulk(tally, hand->worker, hand->loans + hand->n,
				  n);
	} else {
		tally_return(tally, hand->worker, hand->loans[--hand->n]);
	}
}

/* Leaves a loan in a mailbox and takes what lies there. */
static void
hand_swap(struct hand *hand)
{
	struct loan *mine = NULL;

	if (hand->n > 0) {
		hand_shuffle(hand);
		mine = hand->loans[--hand->n];
	}
	/* TM1 acq_rel: pairs with TM1.  Hands over mine and theirs. */
	struct loan *theirs = atomic_exchange_explicit(
		&hand->stress->mailboxes[hand_pick(hand, MAILBOXES)], mine,
		memory_order_acq_rel);

	if (theirs)
		hand->loans[hand->n++] = theirs;
}

static void
hand_reattach(struct hand *hand)
{
	tally_detach(&hand->stress->tally, hand->worker);
	hand->worker = tally_attach(&hand->stress->tally);
}

static void
hand_watch(struct hand *hand)
{
	const struct stress *stress = hand->stress;
	struct dp_stats stats;

	dp_pool_stats(stress->tally.pool, &stats);
	if (stats.workers > stress->n_threads)
		harness_fail("workers, at most", stress->n_threads,
			     stats.workers);
	if (stats.constructed < stats.destructed)
		harness_fail("objects constructed, at least", stats.destructed,
			     stats.constructed);
}

static void
hand_reserve_or_trim(struct hand *hand)
{
	struct tally *tally = &hand->stress->tally;

	if (hand->stress->load->reserve == 0)
		return;
	size_t n = 1 + hand_pick(hand, 2 * tally->magazine_size);

	if (n <= hand->to_reserve && hand_pick(hand, 2)) {
		harness_equal("reserve", 0, (uint64_t)tally_reserve(tally, n));
		hand->to_reserve -= n;
	} else {
		tally_trim(tally, hand_pick(hand, 2) ? 0 : n);
	}
}

static void
hand_turn(struct hand *hand)
{
	size_t dice = hand_pick(hand, 1024);

	if (dice < 4)
		hand_reattach(hand);
	else if (dice < 8)
		hand_watch(hand);
	else if (dice < 10)
		hand_reserve_or_trim(hand);
	else if (dice < 200)
		hand_swap(hand);
	else if (hand_pick(hand, HOLD) >= hand->n)
		hand_borrow(hand);
	else
		hand_return(hand);
}

static void
stress_work(void *context, unsigned index)
{
	struct stress *stress = context;
	struct hand hand = {
		.stress = stress,
		.worker = tally_attach(&stress->tally),
		.random = random_seed(harness_seed(), index),
		.to_reserve = stress->load->reserve / stress->n_threads,
	};

	for (unsigned i = 0; i < TURNS; i++)
		hand_turn(&hand);
	tally_return_bulk(&stress->tally, hand.worker, hand.loans, hand.n);
	tally_detach(&stress->tally, hand.worker);
}

static void
stress_clear_mailboxes(struct stress *stress)
{
	struct dp_worker *worker = tally_attach(&stress->tally);

	for (int i = 0; i < MAILBOXES; i++) {
		/* TM2 relaxed: the other threads were joined. */
		struct loan *loan = atomic_exchange_explicit(
			&stress->mailboxes[i], NULL, memory_order_relaxed);

		if (loan)
			tally_return(&stress->tally, worker, loan);
	}
	tally_detach(&stress->tally, worker);
}

static void
stress_run(const struct load *load)
{
	static struct stress stress;

	stress.load = load;
	stress.n_threads = 2 * harness_cpus() + 1;
	tally_begin(&stress.tally, load->magazine_size);
	if (!stress.tally.bounded && load->reserve) {
		assert_int_equal(tally_reserve(&stress.tally, 1), -ENOTSUP);
		tally_end(&stress.tally);
		return;
	}
	harness_race(stress.n_threads, stress_work, &stress);
	stress_clear_mailboxes(&stress);
	tally_balance(&stress.tally);
	tally_end(&stress.tally);
}

/* Most exchanges: every other return. */
static void
small_magazines_keep_bound_and_loans(void **state)
{
	static const struct load load = { .magazine_size = 2 };

	(void)state;
	stress_run(&load);
}

static void
larger_magazines_keep_bound_and_loans(void **state)
{
	static const struct load load = { .magazine_size = 16 };

	(void)state;
	stress_run(&load);
}

static void
reserve_and_trim_keep_bound_and_loans(void **state)
{
	static const struct load load = { .magazine_size = 4, .reserve = 2000 };

	(void)state;
	stress_run(&load);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_magazines_keep_bound_and_loans),
		cmocka_unit_test(larger_magazines_keep_bound_and_loans),
		cmocka_unit_test(reserve_and_trim_keep_bound_and_loans),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
