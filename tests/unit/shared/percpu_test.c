/* SPDX-License-Identifier: MIT */
/*
 * The backend `percpu`: who serves an exchange.  Workers are told which CPU
 * they run on, so that the system's scheduler has no say.
 */
#include "base/random.h"
#include "support/rig.h"
#include "support/tally.h"
#include "core/worker.h"

#define M 8
#define N_LENT 256
#define TURNS 1000000
/*
 * Objects beyond those in use, so that racks have something to serve: without
 * them all that is free lies in caches, and every other take is a steal.
 */
#define STOCK (RIG_CPUS * 16 * M)
#define N_GIVEN 100

static uint64_t
count_of(const struct seat *seat, enum count which)
{
	return counts_get(&seat->counts, which);
}

/* --- Racks of a pool ----------------------------------------------------- */

/* Who takes an object back that worker `from` borrowed, 0 to RIG_CPUS - 1. */
static unsigned
anyone(uint64_t dice, unsigned from)
{
	(void)from;
	return (unsigned)(dice % RIG_CPUS);
}

static unsigned
opposite(uint64_t dice, unsigned from)
{
	(void)dice;
	return (from + RIG_CPUS / 2) % RIG_CPUS;
}

/*
 * One worker a CPU; the first n_borrowers of them borrow.  Returns how many in
 * 100 exchanges the own rack served.
 */
static unsigned
rack_share(unsigned n_borrowers, unsigned (*destination)(uint64_t, unsigned))
{
	uint64_t random = random_seed(harness_seed(), 0);
	struct dp_worker *workers[RIG_CPUS];
	void *loans[N_LENT] = { NULL };
	unsigned owners[N_LENT];
	struct tally tally;

	tally_begin(&tally, M);
	assert_int_equal(tally_reserve(&tally, STOCK), 0);
	for (int i = 0; i < RIG_CPUS; i++) {
		workers[i] = tally_attach(&tally);
		dp_worker_place(workers[i], i);
	}
	for (unsigned turn = 0; turn < TURNS; turn++) {
		uint64_t dice = random_next(&random);
		unsigned i = (unsigned)(dice >> 32) % N_LENT;

		if (loans[i])
			tally_return(&tally,
				     workers[destination(dice, owners[i])],
				     loans[i]);
		owners[i] = (unsigned)(dice >> 16) % n_borrowers;
		loans[i] = tally_borrow(&tally, workers[owners[i]]);
	}
	for (unsigned i = 0; i < N_LENT; i++)
		tally_return(&tally, workers[0], loans[i]);
	struct dp_stats stats = tally_balance(&tally);

	for (int i = 0; i < RIG_CPUS; i++)
		tally_detach(&tally, workers[i]);
	tally_end(&tally);
	uint64_t all = stats.rack_hits + stats.depot_hits + stats.steals;

	assert_int_equal(all, stats.refills + stats.flushes);
	assert_true(all > TURNS / 100);
	return (unsigned)(100 * stats.rack_hits / all);
}

static void
a_balanced_load_stays_in_the_own_racks_if_stocked(void **state)
{
	(void)state;
	assert_in_range(rack_share(RIG_CPUS, anyone), 90, 100);
}

static void
a_one_way_load_leaves_the_own_racks(void **state)
{
	(void)state;
	assert_in_range(rack_share(RIG_CPUS / 2, opposite), 0, 50);
}

/* --- One rack ------------------------------------------------------------ */

static void
a_full_racks_giver_gives_to_the_depot(void **state)
{
	struct rig rig;
	struct seat giver, taker;

	(void)state;
	rig_begin(&rig);
	rig_join(&rig, &giver, 1);
	rig_join(&rig, &taker, 2);
	for (int i = 0; i < N_GIVEN; i++) {
		struct magazine *m = rig_magazine(&rig);

		magazine_set_count(m, RIG_MAGAZINE_SIZE);
		dp__backend_give(&rig.backend, &giver, m);
	}
	uint64_t in_rack = count_of(&giver, RACK_HITS);
	uint64_t in_depot = count_of(&giver, DEPOT_HITS);

	assert_in_range(in_rack, 1, N_GIVEN - 1);
	assert_int_equal(in_rack + in_depot, N_GIVEN);

	/* Another CPU's worker gets the depot's, and then steals. */
	for (uint64_t i = 0; i < N_GIVEN; i++) {
		assert_non_null(dp__backend_take(&rig.backend, &taker));
		assert_int_equal(count_of(&taker, DEPOT_HITS),
				 i < in_depot ? i + 1 : in_depot);
	}
	assert_int_equal(count_of(&taker, STEALS), in_rack);
	assert_null(dp__backend_take(&rig.backend, &taker));
	rig_end(&rig);
}

static void
an_own_rack_serves_before_all_others(void **state)
{
	struct rig rig;
	struct seat seats[RIG_CPUS];
	struct magazine *own[RIG_CPUS];

	(void)state;
	rig_begin(&rig);
	for (int i = 0; i < RIG_CPUS; i++) {
		rig_join(&rig, &seats[i], i);
		own[i] = rig_magazine(&rig);
		magazine_set_count(own[i], RIG_MAGAZINE_SIZE);
		dp__backend_give(&rig.backend, &seats[i], own[i]);
	}
	for (int i = 0; i < RIG_CPUS; i++) {
		assert_ptr_equal(dp__backend_take(&rig.backend, &seats[i]),
				 own[i]);
		assert_int_equal(count_of(&seats[i], RACK_HITS), 2);
	}
	rig_end(&rig);
}

/* So that a trim, on whatever CPU, finds all of them. */
static void
empty_magazines_of_all_racks_can_be_had(void **state)
{
	struct rig rig;
	struct seat seat;

	(void)state;
	rig_begin(&rig);
	for (int i = 0; i < RIG_CPUS; i++) {
		rig_join(&rig, &seat, i);
		dp__backend_give_empty(&rig.backend, &seat, rig_magazine(&rig));
	}
	for (int i = 0; i < RIG_CPUS; i++)
		assert_non_null(dp__backend_take_empty(&rig.backend, &seat));
	assert_null(dp__backend_take_empty(&rig.backend, &seat));
	rig_end(&rig);
}

/* In a sandbox /sys may be out of reach once the program has started. */
static void
system_is_asked_for_its_cpus_once(void **state)
{
	struct rig rig;

	(void)state;
	for (int i = 0; i < 3; i++) {
		rig_begin(&rig);
		rig_end(&rig);
		assert_int_equal(rig_asked, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(system_is_asked_for_its_cpus_once),
		cmocka_unit_test(
			a_balanced_load_stays_in_the_own_racks_if_stocked),
		cmocka_unit_test(a_one_way_load_leaves_the_own_racks),
		cmocka_unit_test(a_full_racks_giver_gives_to_the_depot),
		cmocka_unit_test(an_own_rack_serves_before_all_others),
		cmocka_unit_test(empty_magazines_of_all_racks_can_be_had),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
