/* SPDX-License-Identifier: MIT */
/*
 * A destroy is halted at each of its instructions, and at each of them a worker
 * does something: it is attached after destroy looked for workers, and from
 * then on one more object goes through its cache at every instruction.  All the
 * time one object is out, so that destroy has to be refused.
 */
#include <errno.h>
#include <unistd.h>

#include "support/books.h"
#include "halt.h"

#define M 64
#define WATCHDOG_S 120

/* Invariant: worker is NULL, or its cache held n_cached before the last act. */
struct rush {
	struct dp_pool *pool;
	struct dp_worker *worker;
	void *objects[M];
	size_t n_cached;
};

static void
destroy(void *arg)
{
	struct rush *rush = arg;

	harness_equal("destroy with an object out", (uint64_t)-EBUSY,
		      (uint64_t)dp_pool_destroy(rush->pool));
}

/* The destroyer, before and after: nobody is attached. */
static void
detach(void *arg)
{
	struct rush *rush = arg;

	if (!rush->worker)
		return;
	dp_worker_bind(rush->worker);
	dp_worker_detach(rush->worker);
	rush->worker = NULL;
	dp_pool_trim(rush->pool, 0);
}

/* Attaches, or constructs one object more than before into the cache. */
static void
grow(void *arg)
{
	struct rush *rush = arg;
	size_t n;

	if (!rush->worker) {
		rush->worker = dp_worker_attach(rush->pool);
		rush->n_cached = 0;
		return;
	}
	/* No more: exchanges would keep destroy from counting the depot. */
	n = rush->n_cached < M ? ++rush->n_cached : M;
	harness_equal("objects borrowed meanwhile", n,
		      dp_borrow_bulk(rush->worker, rush->objects, n));
	dp_return_bulk(rush->worker, rush->objects, n);
}

static void
destroy_is_refused_whatever_it_reads_in_between(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;
	struct halt_result result = { 0 };
	struct rush rush = { .worker = NULL };

	(void)state;
	config.object_size = 64;
	config.magazine_size = M;
	rush.pool = dp_pool_create(&config);
	assert_non_null(rush.pool);
	struct dp_worker *worker = dp_worker_attach(rush.pool);
	void *out = dp_borrow(worker);

	dp_worker_detach(worker);
	const struct halt_plan plan = {
		.arg = &rush,
		.act = destroy,
		.clean = detach,
		.meanwhile = grow,
		.onward = true,
	};

	halt_everywhere(&plan, &result);
	assert_true(result.stops > 0);
	assert_int_equal(balanced_stats(rush.pool).in_use, 1);
	dp_pool_return(rush.pool, out);
	assert_int_equal(dp_pool_destroy(rush.pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			destroy_is_refused_whatever_it_reads_in_between),
	};

	alarm(WATCHDOG_S);
	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
