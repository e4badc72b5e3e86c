/* SPDX-License-Identifier: MIT */
/*
 * The parts of the benchmark that compute: drift, rings between threads,
 * quantities, and JSON.
 */
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "measure/drift.h"
#include "base/json.h"
#include "near.h"
#include "base/quantity.h"
#include "base/ring.h"
#include "workload_of.h"

/* --- Drift -------------------------------------------------------------- */

/*
 * Worker 0 borrows, worker 1 returns, ten operations a millisecond; new objects
 * an operation before and after the middle.
 */
static struct drift_result
drift_of(unsigned samples, double before, double after)
{
	struct workload w = workload_of(2, 1, DESTINATION_ONEWAY);
	struct drift_result result;
	struct drift drift;
	double constructed = 100;

	assert_true(drift_open(&drift, 2));
	for (unsigned i = 0; i < samples; i++) {
		uint64_t borrows[2] = { 1000 + 10 * (uint64_t)i, 0 };
		uint64_t returns[2] = { 0, 990 + 10 * (uint64_t)i };

		drift_add(&drift, 1000000 * (uint64_t)i, (uint64_t)constructed,
			  borrows, returns, i == 0 || i == samples - 1);
		constructed += 10 * (2 * i < samples - 1 ? before : after);
	}
	assert_in_range(drift.n, 1, DRIFT_SAMPLES_MAX);
	assert_near((double)drift.time_ns[drift.n / 2] / 1e6, samples / 2.,
		    samples / 64. + 1);
	assert_int_equal(drift.time_ns[drift.n - 1],
			 1000000 * (uint64_t)(samples - 1));
	drift_measure(&drift, &w, &result);
	drift_close(&drift);
	return result;
}

static void
slope_is_that_of_the_second_half(void **state)
{
	struct drift_result result = drift_of(101, 7, .5);

	(void)state;
	assert_near(result.slope_obj_per_op, .5, 1e-9);
	assert_near(result.slope_obj_per_s, .5 * 1e4, 1e-6);
	assert_near(result.tv_pred, 1, 1e-9);
	assert_near(result.tv_obs, 1, 1e-9);
	assert_near(drift_of(101, .5, 0).slope_obj_per_op, 0, 0);
	/* Too long to keep: thinned out. */
	result = drift_of(20 * DRIFT_SAMPLES_MAX + 3, 3, .5);
	assert_near(result.slope_obj_per_op, .5, .01);
}

static void
too_little_to_measure_is_not_a_number(void **state)
{
	const double none[2] = { 0, 0 }, x[2] = { 3, 3 };

	(void)state;
	assert_true(isnan(drift_of(1, 1, 1).slope_obj_per_op));
	assert_true(isnan(drift_of(1, 1, 1).tv_obs));
	assert_true(isnan(drift_tv_observed(none, none, 2)));
	assert_true(isnan(drift_slope(x, x, 2)));
}

/* --- Rings -------------------------------------------------------------- */

static void
ring_shows_a_burst_at_a_time(void **state)
{
	static struct ring ring;
	int objects[8];

	(void)state;
	ring_init(&ring, 6);
	for (int i = 0; i < 3; i++)
		assert_true(ring_push(&ring, &objects[i], 4));
	assert_int_equal(ring_ready(&ring, 4), 0);
	assert_true(ring_push(&ring, &objects[3], 4));
	assert_int_equal(ring_ready(&ring, 3), 3);
	assert_int_equal(ring_ready(&ring, 9), 4);
	assert_ptr_equal(ring_peek(&ring, 1), &objects[1]);
	assert_true(ring_push(&ring, &objects[4], 4));
	assert_true(ring_push(&ring, &objects[5], 4));
	/* Full: nothing is taken, and what was held back is shown. */
	assert_false(ring_push(&ring, &objects[6], 4));
	ring_release(&ring, 4);
	assert_int_equal(ring_ready(&ring, 4), 2);
	assert_ptr_equal(ring_peek(&ring, 0), &objects[4]);
	assert_ptr_equal(ring_peek(&ring, 1), &objects[5]);
	assert_true(ring_push(&ring, &objects[6], 4));
	ring_publish(&ring);
	ring_release(&ring, 2);
	assert_int_equal(ring_ready(&ring, 4), 1);
	assert_ptr_equal(ring_peek(&ring, 0), &objects[6]);
}

#define CARRIED 300000u
#define CARRIED_CAPACITY 40u
#define CARRIED_BURST 7u

/* Objects with a plain field: a missing release or acquire is a data race. */
struct carriage {
	struct ring ring;
	unsigned objects[CARRIED];
};

static void *
carriage_send(void *argument)
{
	struct carriage *c = argument;

	for (unsigned i = 0; i < CARRIED; i++) {
		c->objects[i] = i + 1;
		while (!ring_push(&c->ring, &c->objects[i], CARRIED_BURST))
			sched_yield();
	}
	ring_publish(&c->ring);
	return NULL;
}

static void
ring_carries_all_in_order_between_threads(void **state)
{
	static struct carriage c;
	unsigned received = 0, wrong = 0, most = 0;
	pthread_t sender;

	(void)state;
	ring_init(&c.ring, CARRIED_CAPACITY);
	assert_int_equal(pthread_create(&sender, NULL, carriage_send, &c), 0);
	while (received < CARRIED) {
		uint32_t n = ring_ready(&c.ring, CARRIED_CAPACITY + 1);

		most = n > most ? n : most;
		for (uint32_t i = 0; i < n; i++)
			wrong += *(unsigned *)ring_peek(&c.ring, i) !=
				 ++received;
		if (n > 0)
			ring_release(&c.ring, n);
		else
			sched_yield();
	}
	assert_int_equal(pthread_join(sender, NULL), 0);
	assert_int_equal(wrong, 0);
	assert_in_range(most, 1, CARRIED_CAPACITY);
	assert_int_equal(ring_ready(&c.ring, 1), 0);
}

/* --- Text --------------------------------------------------------------- */

#define LIMIT 2000000000u

static void
quantities_are_read_with_their_units(void **state)
{
	static const char *const refused[] = {
		"",       " 1",         "-1",
		"+1",     "1e3",        "0x10",
		"1.2.3s", "ms",         "1 ms",
		"1m",     "3s",         "1kB",
		"1.5B",   ".5ns",       "inf",
		"nan",    "0",          "2GiB",
		".",      "2000000001", "36893488147419103232"
	};
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (quantity_duration(refused[i], 1, LIMIT, &n) ||
		    quantity_size(refused[i], 1, LIMIT, &n) ||
		    quantity_count(refused[i], 1, LIMIT, &n))
			fail_msg("\"%s\" was accepted", refused[i]);
	}
	assert_true(quantity_duration("1.5s", 1, LIMIT, &n) && n == 1500000000);
	assert_true(quantity_duration("0.1us", 1, LIMIT, &n) && n == 100);
	assert_true(quantity_duration("0", 0, LIMIT, &n) && n == 0);
	assert_false(quantity_duration("64", 1, LIMIT, &n));
	assert_true(quantity_size("1.5KiB", 1, LIMIT, &n) && n == 1536);
	assert_true(quantity_size("2MiB", 1, LIMIT, &n) && n == 2097152);
	assert_true(quantity_size("64", 1, LIMIT, &n) && n == 64);
	assert_true(quantity_count("007", 1, LIMIT, &n) && n == 7);
}

static void
json_places_commas_and_escapes(void **state)
{
	struct json json;
	char *text;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	(void)state;
	assert_non_null(out);
	json_begin(&json, out);
	json_string(&json, "a\"b", "\\ \n\x7f\xe9 \"");
	json_open_object(&json, "empty");
	json_close_object(&json);
	json_open_array(&json, "list");
	json_count(&json, NULL, UINT64_MAX);
	json_open_array(&json, NULL);
	json_close_array(&json);
	json_bool(&json, NULL, true);
	json_close_array(&json);
	json_real(&json, "nan", NAN);
	json_real(&json, "inf", -INFINITY);
	json_real(&json, "real", -2.5);
	json_string(&json, "none", NULL);
	json_end(&json);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text,
			    "{\"a\\\"b\": \"\\\\ \\u000a\\u007f\\u00e9 \\\"\", "
			    "\"empty\": {}, "
			    "\"list\": [18446744073709551615, [], true], "
			    "\"nan\": null, \"inf\": null, "
			    "\"real\": -2.5, \"none\": null}\n");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slope_is_that_of_the_second_half),
		cmocka_unit_test(too_little_to_measure_is_not_a_number),
		cmocka_unit_test(ring_shows_a_burst_at_a_time),
		cmocka_unit_test(ring_carries_all_in_order_between_threads),
		cmocka_unit_test(quantities_are_read_with_their_units),
		cmocka_unit_test(json_places_commas_and_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
