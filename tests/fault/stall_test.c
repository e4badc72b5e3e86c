/* SPDX-License-Identifier: MIT */
/*
 * A worker is halted at the instructions of everything it can do, one after
 * the other, while another one borrows and returns with exchanges.  With the
 * lock-free backends that one never waits; with a lock it must be seen to, or
 * the test could not see it.
 *
 * What waits for a lock by the header's table is not done by the other one.
 */
#include <stdio.h>
#include <unistd.h>

#include "shared/backend.h"
#include "halt.h"
#include "pair.h"

#define STOPS_MIN 40
#define WATCHDOG_S 120

static struct halt_result
halt_in(const struct deed *deed)
{
	struct halt_result result = { 0 };
	struct pair pair;

	pair_begin(&pair);
	const struct halt_plan plan = {
		.arg = &pair,
		.prepare = deed->prepare,
		.act = deed->act,
		.clean = deed->clean,
		.meanwhile = pair_exchange,
	};

	halt_everywhere(&plan, &result);
	fprintf(stderr, "%-8s %-14s %4lu stops, %4lu waits\n",
		dp_backend_name(), deed->name, result.stops, result.waits);
	assert_true(pair.exchanges > result.stops);
	pair_end(&pair);
	return result;
}

static void
nobody_waits_for_a_halted_worker(void **state)
{
	struct halt_result sum = { 0 };

	(void)state;
	for (size_t i = 0; i < n_deeds; i++) {
		struct halt_result result = halt_in(&deeds[i]);

		assert_true(result.stops > 0);
		sum.stops += result.stops;
		sum.waits += result.waits;
	}
	assert_true(sum.stops >= STOPS_MIN);
	if (dp__backend_waits)
		assert_true(sum.waits > 0);
	else
		assert_int_equal(sum.waits, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_waits_for_a_halted_worker),
	};

	alarm(WATCHDOG_S);
	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
