/* SPDX-License-Identifier: MIT */
/* What a trial records by the way: latencies, memory, and points to draw. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "measure/drift.h"
#include "measure/latency.h"
#include "measure/memory.h"
#include "near.h"

static void
buckets_are_narrow_and_in_order(void **state)
{
	(void)state;
	for (unsigned b = 0; b + 1 < LATENCY_BUCKETS; b++) {
		uint64_t least = latency_bucket_least(b);
		uint64_t next = latency_bucket_least(b + 1);

		assert_true(next > least);
		assert_true(next - least == 1 || next - least <= least / 32);
		assert_int_equal(latency_bucket(least), b);
		assert_int_equal(latency_bucket(next - 1), b);
	}
	assert_int_equal(latency_bucket(UINT64_MAX), LATENCY_BUCKETS - 1);
}

/* 1 to 10,000, once each, in two histograms; ten cycles a nanosecond. */
static void
quantiles_are_those_of_the_values(void **state)
{
	struct latency *all = malloc(2 * sizeof(*all));
	struct latency_quantiles q;

	(void)state;
	assert_non_null(all);
	for (int i = 0; i < 2; i++)
		latency_init(&all[i], 1);
	for (uint64_t v = 1; v <= 10000; v++)
		latency_add(&all[v % 2], v, true, v > 9000);
	latency_merge(&all[0], &all[1]);
	latency_measure(&all[0].sampled, .1, &q);
	assert_int_equal(q.n, 10000);
	assert_near(q.p50, 500, 500 / 32.);
	assert_near(q.p90, 900, 900 / 32.);
	assert_near(q.p99, 990, 990 / 32.);
	assert_near(q.p999, 999, 999 / 32.);
	assert_near(q.max, 1000, 1e-9);
	latency_measure(&all[0].exchanges, .1, &q);
	assert_int_equal(q.n, 1000);
	assert_near(q.p50, 950, 950 / 32.);
	latency_clear(&all[0]);
	latency_measure(&all[0].sampled, .1, &q);
	assert_int_equal(q.n, 0);
	assert_true(isnan(q.p50) && isnan(q.max));
	free(all);
}

/* One of 64, and not in step with anything of 64. */
static void
operations_are_timed_at_random_distances(void **state)
{
	const unsigned operations = 64 * 100000;
	struct latency *latency = malloc(sizeof(*latency));
	unsigned due = 0, in_step = 0;

	(void)state;
	assert_non_null(latency);
	latency_init(latency, random_seed(1, 0));
	for (unsigned i = 0; i < operations; i++) {
		if (!latency_due(latency))
			continue;
		due++;
		in_step += i % LATENCY_ONE_OF == 0;
	}
	assert_near(due, 100000, 1000);
	assert_near(in_step, 100000. / 64, 250);
	free(latency);
}

/* So many samples, one a millisecond, that grow in the second half. */
static struct memory_series
memory_of(unsigned samples, uint64_t kib_each)
{
	struct memory_series series = { 0 };
	uint64_t kib = 5000;

	for (unsigned i = 0; i < samples; i++) {
		memory_series_add(&series, 77 + 1000000 * (uint64_t)i, kib);
		kib += 2 * i + 1 >= samples ? kib_each : 0;
	}
	return series;
}

static void
memory_grows_by_its_second_half(void **state)
{
	struct memory_series series = memory_of(101, 3);

	(void)state;
	assert_int_equal(series.n, 101);
	assert_near(memory_series_slope(&series), 3000, 1e-6);
	series = memory_of(20 * MEMORY_SAMPLES_MAX + 3, 3);
	assert_in_range(series.n, MEMORY_SAMPLES_MAX / 2, MEMORY_SAMPLES_MAX);
	assert_int_equal(series.kib[0], 5000);
	assert_near(memory_series_slope(&series), 3000, 30);
	series = memory_of(5, 3);
	assert_true(isnan(memory_series_slope(&series)));
	series = memory_of(0, 3);
	assert_true(isnan(memory_series_slope(&series)));
}

static void
points_to_draw_have_both_ends(void **state)
{
	struct drift_series series;
	struct drift drift;

	(void)state;
	assert_true(drift_open(&drift, 2));
	for (uint64_t i = 0; i < 300; i++) {
		uint64_t borrows[2] = { 10 * i, i }, returns[2] = { 0, 0 };

		drift_add(&drift, i, 7 * i, borrows, returns, true);
		drift_draw(&drift, &series);
		assert_int_equal(series.n, i < DRIFT_POINTS_MAX - 1
						   ? i + 1
						   : DRIFT_POINTS_MAX);
		assert_int_equal(series.points[0].time_ns, 0);
		assert_int_equal(series.points[series.n - 1].ops, 11 * i);
		assert_int_equal(series.points[series.n - 1].constructed,
				 7 * i);
	}
	drift_close(&drift);
}

/* However many samples came before; without being asked for, not always. */
static void
the_last_memory_is_kept_if_asked_for(void **state)
{
	unsigned lost = 0;

	(void)state;
	for (unsigned n = 0; n < 5 * MEMORY_SAMPLES_MAX; n += 7) {
		for (int asked = 0; asked < 2; asked++) {
			struct memory_series s = { 0 };

			for (unsigned i = 0; i < n; i++)
				memory_series_add(&s, i, i);
			if (asked)
				memory_series_keep_next(&s);
			memory_series_add(&s, n, n);
			if (asked)
				assert_int_equal(s.kib[s.n - 1], n);
			else if (s.kib[s.n - 1] != n)
				lost++;
		}
	}
	assert_in_range(lost, 1, UINT32_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_are_narrow_and_in_order),
		cmocka_unit_test(quantiles_are_those_of_the_values),
		cmocka_unit_test(operations_are_timed_at_random_distances),
		cmocka_unit_test(memory_grows_by_its_second_half),
		cmocka_unit_test(the_last_memory_is_kept_if_asked_for),
		cmocka_unit_test(points_to_draw_have_both_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
