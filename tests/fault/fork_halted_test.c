/* SPDX-License-Identifier: MIT */
/*
 * fork() while another thread is halted at the instructions of a borrow, a
 * return or stats, one after the other: the child finds every stack whole, and
 * uses what it inherits.  What the halted thread has in its hands is lost to
 * the child, as is the thread.
 *
 * Not while it may be inside the allocator or liburcu, which wait for it at
 * fork: fork_test.c does that, at random.
 */
#include <stdio.h>
#include <unistd.h>

#include "support/books.h"
#include "support/child.h"
#include "halt.h"
#include "pair.h"

#define STOPS_MIN 40
#define WATCHDOG_S 120

static void
use_all(void *arg)
{
	struct pair *pair = arg;
	struct dp_stats stats;

	pair_exchange(pair);
	struct dp_worker *worker = dp_worker_attach(pair->pool);
	void *object = worker ? dp_borrow(worker) : NULL;

	if (!object)
		_exit(2);
	dp_return(worker, object);
	dp_worker_detach(worker);
	dp_pool_trim(pair->pool, 0);
	dp_pool_stats(pair->pool, &stats);
	/* The halted thread's, if it has one, and the other one. */
	if (stats.workers > 2)
		_exit(3);
}

static void
fork_and_use(void *arg)
{
	int status = child_run(use_all, arg);

	if (status != 0)
		harness_fail("wait status of a child", 0, (uint64_t)status);
	pair_exchange(arg);
}

static void
child_of_a_thread_beside_a_halted_one_can_do_all(void **state)
{
	struct halt_result result = { 0 };

	(void)state;
	for (size_t i = 0; i < n_deeds; i++) {
		struct pair pair;

		/* The backend `none` constructs, and so allocates. */
		if (deeds[i].holds_others_locks || leaks())
			continue;
		pair_begin(&pair);
		const struct halt_plan plan = {
			.arg = &pair,
			.prepare = deeds[i].prepare,
			.act = deeds[i].act,
			.clean = deeds[i].clean,
			.meanwhile = fork_and_use,
		};

		halt_everywhere(&plan, &result);
		pair_end(&pair);
	}
	fprintf(stderr, "%-8s %4lu forks\n", dp_backend_name(), result.stops);
	assert_true(leaks() || result.stops >= STOPS_MIN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			child_of_a_thread_beside_a_halted_one_can_do_all),
	};

	alarm(WATCHDOG_S);
	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
