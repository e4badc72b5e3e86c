/* SPDX-License-Identifier: MIT */
/* The verdict on a trial: what disturbed it, and what does not hold of it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "trial/fairness.h"
#include "near.h"
#include "trial/verdict.h"
#include "workload_of.h"

static void
fairness_is_of_those_who_borrow(void **state)
{
	struct trial trial = { .workers = { { .borrows = 6 },
					    { .borrows = 2 } } };

	(void)state;
	trial.workload = workload_of(4, 1, DESTINATION_ONEWAY);
	fairness_measure(&trial);
	assert_near(trial.min_max, 1. / 3, 1e-9);
	assert_near(trial.jain, .8, 1e-9);
	trial.workload = workload_of(4, .5, DESTINATION_UNIFORM);
	fairness_measure(&trial);
	assert_near(trial.min_max, 0, 0);
	assert_near(trial.jain, .4, 1e-9);
}

/* Failures of a trial with a bound of 400 that was to migrate half. */
static unsigned
failures_of(uint64_t footprint_peak, double p_obs)
{
	struct trial trial = { .ops = 1000000,
			       .decided = 999000,
			       .p_obs = p_obs,
			       .footprint_peak = footprint_peak,
			       .bound = 400 };

	trial.workload = workload_of(2, .5, DESTINATION_UNIFORM);
	verdict_measured(&trial, 2);
	assert_int_equal(trial.bound_ok, footprint_peak <= 400);
	return trial.failures;
}

/* A second of two workers on so many CPUs. */
static bool
disturbed(unsigned cpus, double overlap, double pressure, double steal,
	  uint64_t switches)
{
	struct trial trial = { .ops = 1,
			       .wall_ns = 1000000000,
			       .overlap = overlap,
			       .pressure = pressure,
			       .steal = steal,
			       .wakes = 100,
			       .switches = switches };

	trial.workload = workload_of(2, .5, DESTINATION_UNIFORM);
	verdict_measured(&trial, cpus);
	return trial.disturbed;
}

static void
noise_is_what_others_take_from_the_workers(void **state)
{
	(void)state;
	assert_false(disturbed(2, 1.9, .05, .05, 290));
	assert_true(disturbed(2, 1.7, .05, .05, 290));
	assert_true(disturbed(2, 1.9, .15, .05, 290));
	assert_true(disturbed(2, 1.9, .05, .15, 290));
	assert_true(disturbed(2, 1.9, .05, .05, 310));
	assert_false(disturbed(2, 1.9, NAN, NAN, 290));
	/* On one CPU they take it from each other, or others from both. */
	assert_false(disturbed(1, .95, .9, .05, 9999));
	assert_true(disturbed(1, .8, .9, .05, 9999));
	assert_true(disturbed(1, .95, .9, .15, 9999));
}

static void
verdict_falls_on_what_does_not_hold(void **state)
{
	struct subject_stats books = { .counted = true,
				       .constructed = 9,
				       .destructed = 2,
				       .cached = 4,
				       .depot = 3 };
	struct trial trial = { 0 };

	(void)state;
	assert_int_equal(failures_of(400, .505), 0);
	assert_int_equal(failures_of(401, .5), 1);
	assert_int_equal(failures_of(9, .48), 1);
	assert_int_equal(failures_of(9, NAN), 1);
	verdict_quiesced(&trial, &books, 7, 7);
	assert_int_equal(trial.failures, 0);
	verdict_quiesced(&trial, &books, 7, 6);
	assert_string_equal(trial.failure[0],
			    "7 borrows, but 6 returns and 0 out");
	books.in_use = 1;
	books.depot = 2;
	verdict_quiesced(&trial, &books, 7, 7);
	assert_int_equal(trial.failures, 2);
	books.depot = 1;
	verdict_quiesced(&trial, &books, 7, 7);
	assert_int_equal(trial.failures, 4);
	/* What a spike left out is no error. */
	trial.failures = 0;
	trial.spike.lent = 1;
	books.depot = 2;
	verdict_quiesced(&trial, &books, 7, 6);
	assert_int_equal(trial.failures, 0);
	verdict_quiesced(&trial, &books, 7, 7);
	assert_int_equal(trial.failures, 1);
}

/*
 * Failures of a spike from 20 MiB to a peak, of which so much is left when all
 * is trimmed; there were 10 before the first borrow.
 */
static unsigned
failures_of_spike(uint64_t peak_mib, uint64_t left_mib, double least,
		  double trimmed)
{
	struct trial trial = { .rss_before_kib = 10 << 10,
			       .rss_peak_kib = peak_mib << 10,
			       .rss_quiesced_kib = peak_mib << 10,
			       .rss_trimmed_kib = left_mib << 10 };

	trial.workload.spike = 10;
	trial.spike.settled_kib = 20 << 10;
	trial.spike.back_kib = 70 << 10;
	verdict_spike(&trial, least);
	if (isnan(trimmed))
		assert_true(isnan(trial.spike.trimmed));
	else
		assert_near(trial.spike.trimmed, trimmed, 1e-9);
	return trial.failures;
}

static void
what_a_spike_added_has_to_come_back(void **state)
{
	struct trial trial = { .rss_peak_kib = 1 << 20 };

	(void)state;
	/* 100 MiB came: at least 90 go, and what the warm-up left counts. */
	assert_int_equal(failures_of_spike(120, 20, .9, .9), 0);
	assert_int_equal(failures_of_spike(120, 21, .9, .89), 1);
	assert_int_equal(failures_of_spike(120, 10, .9, 1), 0);
	assert_int_equal(failures_of_spike(120, 5, .9, 1), 0);
	/* The working set makes it no less than nothing. */
	assert_int_equal(failures_of_spike(120, 120, .9, 0), 1);
	/* Not asked. */
	assert_int_equal(failures_of_spike(120, 120, 0, 0), 0);
	/* Too small to say, however much of it went. */
	assert_int_equal(failures_of_spike(84, 10, .9, 1), 0);
	assert_int_equal(failures_of_spike(83, 10, .9, 1), 1);
	assert_int_equal(failures_of_spike(20, 10, .9, NAN), 1);
	/* No spike, nothing to say. */
	verdict_spike(&trial, .9);
	assert_int_equal(trial.failures, 0);
}

/*
 * Failures of a trial of two seconds that had 4 MiB, and in its last half so
 * many KiB more each second, with so many objects of 1,008 bytes.
 */
static unsigned
failures_of_growth(double kib_per_s, uint64_t objects, size_t bound)
{
	static struct trial trial;

	trial = (struct trial){ .ops = 1,
				.footprint_peak = objects,
				.bound = bound };
	trial.workload = workload_of(2, .5, DESTINATION_UNIFORM);
	trial.workload.object_bytes = 1008;
	for (int i = 0; i <= 20; i++) {
		double late_s = i > 10 ? .1 * (i - 10) : 0;

		memory_series_add(&trial.memory, (uint64_t)i * 100000000,
				  4096 + (uint64_t)(late_s * kib_per_s));
	}
	verdict_measured(&trial, 2);
	return trial.failures;
}

static void
memory_must_not_go_on_growing_where_there_is_a_bound(void **state)
{
	struct trial trial = { .ops = 1, .bound = 9 };
	unsigned grows = VERDICT_JUDGES_GROWTH;

	(void)state;
	assert_int_equal(failures_of_growth(0, 4, 400), 0);
	assert_int_equal(failures_of_growth(500, 4, 400), 0);
	assert_int_equal(failures_of_growth(530, 4, 400), grows);
	assert_int_equal(failures_of_growth(-530, 4, 400), 0);
	/* What objects explain. */
	assert_int_equal(failures_of_growth(600, 100, 400), 0);
	assert_int_equal(failures_of_growth(630, 100, 400), grows);
	/* The control, and whoever promises nothing. */
	assert_int_equal(failures_of_growth(9999, 4, SIZE_MAX), 0);
	/* Without samples there is nothing to say. */
	trial.workload = workload_of(2, .5, DESTINATION_UNIFORM);
	verdict_measured(&trial, 2);
	assert_int_equal(trial.failures, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fairness_is_of_those_who_borrow),
		cmocka_unit_test(noise_is_what_others_take_from_the_workers),
		cmocka_unit_test(verdict_falls_on_what_does_not_hold),
		cmocka_unit_test(what_a_spike_added_has_to_come_back),
		cmocka_unit_test(
			memory_must_not_go_on_growing_where_there_is_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
