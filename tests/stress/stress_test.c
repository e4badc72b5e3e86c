/* SPDX-License-Identifier: MIT */
/*
 * More threads than CPUs do everything at random for a while: borrow, return,
 * in bulk, for each other, attach and detach, stats, trim, reserve; they end
 * and are replaced, move between CPUs, and say that they run on CPUs that there
 * are not.  The tally watches the loans and the bound; at the end all must be
 * in its place.
 *
 * The seed is printed, and decides who does what: not when.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "support/hand.h"
#include "base/random.h"

/* How long a thread lives, and how many follow each other. */
#define SHIFT_TURNS 1000
#define SHIFTS HARNESS_LOAD(240)

/* What a load consists of, besides borrowing and returning. */
struct load {
	unsigned magazine_size;
	/* Objects reserved by all threads together; 0: nobody trims either. */
	size_t reserve;
	/* Constructions refused; 0: none. */
	unsigned refuse_one_in;
	unsigned threads_per_cpu;
	unsigned shifts;
};

struct stress {
	const struct load *load;
	uint64_t seed;
	unsigned n_threads;
	struct table table;
	/* Of what all hands decided; by the thread that joins a hand's. */
	_Atomic uint64_t digest;
};

/* A thread's life: sometimes its worker's, too, else the next one's. */
static void *
shift(void *arg)
{
	struct hand *hand = arg;

	if (hand->worker)
		dp_worker_bind(hand->worker);
	else
		hand->worker = tally_attach(&hand->table->tally);
	hand_work(hand, SHIFT_TURNS);
	if (hand->digest % 2 == 0) {
		hand_clear(hand);
		tally_detach(&hand->table->tally, hand->worker);
		hand->worker = NULL;
	}
	return NULL;
}

/* Threads after each other; none detaches its thread-local worker itself. */
static void
stress_work(void *context, unsigned index)
{
	struct stress *stress = context;
	struct tally *tally = &stress->table.tally;
	struct hand hand = {
		.table = &stress->table,
		.random = random_seed(stress->seed, index),
		.to_reserve = stress->load->reserve / stress->n_threads,
	};

	for (unsigned i = 0; i < stress->load->shifts; i++) {
		pthread_t thread;

		tally_enter(tally);
		harness_equal(
			"pthread_create", 0,
			(uint64_t)pthread_create(&thread, NULL, shift, &hand));
		pthread_join(thread, NULL);
		tally_leave(tally);
	}
	if (hand.worker) {
		dp_worker_bind(hand.worker);
		hand_clear(&hand);
		tally_detach(tally, hand.worker);
	}
	/* TM3 relaxed: a sum, read after all were joined. */
	atomic_fetch_add_explicit(&stress->digest, hand.digest,
				  memory_order_relaxed);
}

/* Returns a digest of all that was decided. */
static uint64_t
stress_run(const struct load *load, uint64_t seed)
{
	static struct stress stress;

	memset(&stress, 0, sizeof(stress));
	stress.load = load;
	stress.seed = seed;
	stress.n_threads = load->threads_per_cpu * harness_cpus();
	stress.table.trims = load->reserve > 0;
	assert_int_equal(sched_getaffinity(0, sizeof(stress.table.cpus),
					   &stress.table.cpus),
			 0);
	tally_begin(&stress.table.tally, load->magazine_size);
	stress.table.tally.refuse_one_in = load->refuse_one_in;
	if (!tally_shares() && load->reserve) {
		assert_int_equal(tally_reserve(&stress.table.tally, 1),
				 -ENOTSUP);
		tally_end(&stress.table.tally);
		return 0;
	}
	harness_race(stress.n_threads, stress_work, &stress);
	hand_clear_mailboxes(&stress.table);
	tally_balance(&stress.table.tally);
	tally_end(&stress.table.tally);
	/* TM4 relaxed: all were joined. */
	return atomic_load_explicit(&stress.digest, memory_order_relaxed);
}

/* Most exchanges: every other return. */
static void
small_magazines_keep_bound_and_loans(void **state)
{
	static const struct load load = {
		.magazine_size = 2,
		.threads_per_cpu = 3,
		.shifts = SHIFTS,
	};

	(void)state;
	stress_run(&load, harness_seed());
}

static void
eight_threads_a_cpu_keep_bound_and_loans(void **state)
{
	static const struct load load = {
		.magazine_size = 16,
		.threads_per_cpu = 8,
		.shifts = SHIFTS / 4,
	};

	(void)state;
	stress_run(&load, harness_seed());
}

static void
reserve_and_trim_keep_bound_and_loans(void **state)
{
	static const struct load load = {
		.magazine_size = 4,
		.reserve = 2000,
		.threads_per_cpu = 3,
		.shifts = SHIFTS,
	};

	(void)state;
	stress_run(&load, harness_seed());
}

static void
refused_constructions_keep_bound_and_loans(void **state)
{
	static const struct load load = {
		.magazine_size = 4,
		.reserve = 2000,
		.refuse_one_in = 3,
		.threads_per_cpu = 3,
		.shifts = SHIFTS,
	};

	(void)state;
	stress_run(&load, harness_seed());
}

static void
the_seed_decides_what_is_done(void **state)
{
	static const struct load load = {
		.magazine_size = 4,
		.threads_per_cpu = 3,
		.shifts = 4,
	};

	(void)state;
	uint64_t digest = stress_run(&load, harness_seed());

	assert_int_equal(stress_run(&load, harness_seed()), digest);
	assert_int_not_equal(stress_run(&load, harness_seed() + 1), digest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_magazines_keep_bound_and_loans),
		cmocka_unit_test(eight_threads_a_cpu_keep_bound_and_loans),
		cmocka_unit_test(reserve_and_trim_keep_bound_and_loans),
		cmocka_unit_test(refused_constructions_keep_bound_and_loans),
		cmocka_unit_test(the_seed_decides_what_is_done),
	};

	fprintf(stderr, "DRIFTPOOL_SEED=%" PRIu64 "\n", harness_seed());
	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
