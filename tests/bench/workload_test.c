/* SPDX-License-Identifier: MIT */
/* Who returns what, as the benchmark decides it and as it predicts it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "measure/drift.h"
#include "near.h"
#include "base/random.h"
#include "workload_of.h"

/* Half of 4,096 entries by the weights 1, 2^-.99, 3^-.99, 4^-.99. */
static void
zipf_table_follows_the_weights(void **state)
{
	static const double expected[4][4] = {
		{ 2048, 942.54, 630.91, 474.55 },
		{ 1287.64, 2048, 433.96, 326.40 },
		{ 1165.64, 586.88, 2048, 295.48 },
		{ 1112.75, 560.24, 375.01, 2048 },
	};
	struct workload w = workload_of(4, .5, DESTINATION_ZIPF);
	uint8_t table[WORKLOAD_TABLE_ENTRIES];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		unsigned counts[4] = { 0 };

		workload_table(&w, i, table);
		for (unsigned k = 0; k < WORKLOAD_TABLE_ENTRIES; k++)
			counts[table[k]]++;
		/* The migration rate is exact, the rest by remainders. */
		assert_int_equal(counts[i], 2048);
		for (unsigned j = 0; j < 4; j++)
			assert_near(counts[j], expected[i][j], 1);
	}
}

/* As the loop draws: four numbers of 16 bits from one of 64. */
static void
drawn_destinations_follow_the_table(void **state)
{
	const unsigned draws = 4000000;
	struct workload w = workload_of(4, .5, DESTINATION_ZIPF);
	uint8_t table[WORKLOAD_TABLE_ENTRIES];
	unsigned counts[4] = { 0 };
	uint64_t numbers = 0, random = random_seed(1, 0);

	(void)state;
	workload_table(&w, 1, table);
	for (unsigned k = 0; k < draws; k++) {
		numbers = k % 4 == 0 ? random_next(&random) : numbers >> 16;
		counts[table[numbers % WORKLOAD_TABLE_ENTRIES]]++;
	}
	/* Five standard deviations of the most likely one. */
	for (unsigned j = 0; j < 4; j++)
		assert_near((double)counts[j] / draws, workload_share(&w, 1, j),
			    .0013 + 1. / 4096);
}

/* The imbalance of equal borrowers, computed independently. */
static void
imbalance_is_that_of_the_destinations(void **state)
{
	static const struct {
		unsigned workers;
		double migrate;
		enum destination destination;
		double theta, tv;
	} rows[] = {
		{ 4, 0, DESTINATION_LOCAL, 0, 0 },
		{ 4, .5, DESTINATION_RING, 0, 0 },
		{ 4, .5, DESTINATION_UNIFORM, 0, 0 },
		{ 2, .5, DESTINATION_ZIPF, .99, 0 },
		{ 4, .5, DESTINATION_ZIPF, .5, .049796 },
		{ 4, .5, DESTINATION_ZIPF, .99, .095196 },
		{ 4, .5, DESTINATION_ZIPF, 2, .168584 },
		{ 2, 1, DESTINATION_ONEWAY, 0, 1 },
		{ 4, .3, DESTINATION_ONEWAY, 0, .3 },
		{ 4, 1, DESTINATION_TIDE, 0, 0 },
		{ 3, .6, DESTINATION_TIDE, 0, .2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct workload w = workload_of(
			rows[i].workers, rows[i].migrate, rows[i].destination);
		double borrows[4];

		w.theta = rows[i].theta;
		for (unsigned j = 0; j < w.workers; j++)
			borrows[j] = workload_borrows(&w, j);
		assert_near(drift_tv_predicted(&w, borrows), rows[i].tv, 1e-6);
	}
}

/* All destinations, with 2 to 9 workers that borrow 1, 2, 3, ... */
static void
each_workload(void (*check)(const struct workload *w, const double *borrows))
{
	for (unsigned n = 2; n <= 9; n++) {
		for (int d = DESTINATION_LOCAL; d <= DESTINATION_TIDE; d++) {
			struct workload w = workload_of(n, .7, d);
			double borrows[9] = { 0 };

			for (unsigned i = 0; i < n; i++)
				if (workload_borrows(&w, i))
					borrows[i] = i + 1;
			check(&w, borrows);
		}
	}
}

/* The short cut against the matrix. */
static void
returns_check(const struct workload *w, const double *borrows)
{
	double returns[9], share = 0;

	workload_returns(w, borrows, returns);
	for (unsigned j = 0; j < w->workers; j++) {
		double expected = 0;

		for (unsigned i = 0; i < w->workers; i++)
			expected += borrows[i] * workload_share(w, i, j);
		assert_near(returns[j], expected, 1e-9);
		share += workload_share(w, 0, j);
	}
	assert_near(share, 1, 1e-9);
}

static void
rings_check(const struct workload *w, const double *borrows)
{
	unsigned rings = 0;

	(void)borrows;
	for (unsigned i = 0; i < w->workers; i++)
		for (unsigned j = 0; j < w->workers; j++)
			rings += i != j && workload_share(w, i, j) > 0;
	assert_int_equal(workload_rings(w), rings);
}

static void
returns_and_rings_are_those_of_the_matrix(void **state)
{
	(void)state;
	each_workload(returns_check);
	each_workload(rings_check);
}

static void
a_ring_holds_what_is_asked_for(void **state)
{
	struct workload w = workload_of(4, .5, DESTINATION_UNIFORM);

	(void)state;
	w.burst = 8;
	w.hold = 10;
	assert_int_equal(workload_ring_capacity(&w), 256);
	w.ring = 12;
	assert_int_equal(workload_ring_capacity(&w), 12);
	assert_int_equal(workload_in_use_ceiling(&w), 4 * 10 + 12 * 12);
	w.ring = 0;
	w.workers = 256;
	assert_int_equal(workload_ring_capacity(&w), 16);
	w.burst = 100;
	assert_int_equal(workload_ring_capacity(&w), 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zipf_table_follows_the_weights),
		cmocka_unit_test(drawn_destinations_follow_the_table),
		cmocka_unit_test(imbalance_is_that_of_the_destinations),
		cmocka_unit_test(returns_and_rings_are_those_of_the_matrix),
		cmocka_unit_test(a_ring_holds_what_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
