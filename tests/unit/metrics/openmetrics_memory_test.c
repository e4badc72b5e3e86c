/* SPDX-License-Identifier: MIT */
/*
 * Writing pools' numbers where memory runs out, and where workers attach after
 * memory for those before them was asked for.
 */
#include <driftpool/openmetrics.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/allocator.h"
#include "support/books.h"

#define M 2
#define N_EARLY 3
#define N_LATE 20 /* more than there is room for */
#define N_OBJECTS 50

static struct scene {
	struct dp_pool *pool;
	struct dp_worker *workers[N_EARLY + N_LATE];
} scene;

static int
set_scene(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	scene = (struct scene){ .pool = NULL };
	config.object_size = 16;
	config.magazine_size = M;
	scene.pool = dp_pool_create(&config);
	for (int i = 0; i < N_EARLY; i++)
		scene.workers[i] = dp_worker_attach(scene.pool);
	return 0;
}

static int
clear_scene(void **state)
{
	(void)state;
	allocator_fail(0, 0);
	for (int i = 0; i < N_EARLY + N_LATE; i++)
		dp_worker_detach(scene.workers[i]);
	return dp_pool_destroy(scene.pool);
}

static void
numbers_that_cannot_be_read_are_not_written(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.name = "other";
	config.object_size = 16;
	struct dp_pool *pools[] = { scene.pool, dp_pool_create(&config) };
	FILE *file = tmpfile();
	int status = -ENOMEM;
	unsigned long n = 0;
	long live = allocator_live();

	while (status == -ENOMEM) {
		assert_true(++n < 100);
		allocator_fail(n, ALLOCATOR_FOREVER);
		status = dp_stats_write_openmetrics_all(pools, 2, file);
		allocator_fail(0, 0);
		assert_int_equal(ftell(file) > 0, status == 0);
		/* The text is libc's, whose allocations are not counted. */
		assert_int_equal(allocator_live(), live - (status == 0));
	}
	assert_int_equal(status, 0);
	/* One for both, one for each, and one for their names. */
	assert_int_equal(n, 1 + 4);
	fclose(file);
	assert_int_equal(dp_pool_destroy(pools[1]), 0);
}

/* They attach, and objects go to the last one, and through it to the depot. */
static void
come_late(void)
{
	void *objects[N_OBJECTS];

	for (int i = N_EARLY; i < N_EARLY + N_LATE; i++)
		scene.workers[i] = dp_worker_attach(scene.pool);
	assert_int_equal(dp_borrow_bulk(scene.workers[0], objects, N_OBJECTS),
			 N_OBJECTS);
	dp_return_bulk(scene.workers[N_EARLY + N_LATE - 1], objects, N_OBJECTS);
}

static void
workers_that_attach_meanwhile_have_their_flows(void **state)
{
	char text[65536] = "";
	FILE *file = fmemopen(text, sizeof(text), "w");
	int64_t flows = 0;
	int n = 0;

	(void)state;
	/* The second allocation is for the flows. */
	allocator_interrupt(2, come_late);
	assert_int_equal(dp_stats_write_openmetrics(scene.pool, file), 0);
	fclose(file);
	assert_non_null(scene.workers[N_EARLY]);
	for (char *at = text; (at = strstr(at, ",worker=")); n++) {
		at = strstr(at, "} ") + 2;
		flows += strtoll(at, NULL, 10);
	}
	assert_int_equal(n, 1 + N_EARLY + N_LATE);
	struct dp_stats stats = balanced_stats(scene.pool);

	if (!leaks())
		assert_int_equal(flows, stats.depot);
	assert_true(flows >= N_OBJECTS - 2 * M);
}

static void
error_that_the_file_had_before_is_not_reported(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;
	FILE *full = fopen("/dev/full", "w"), *good = tmpfile();

	(void)state;
	config.object_size = 16;
	struct dp_pool *pool = dp_pool_create(&config);

	assert_non_null(full);
	fputc('x', full);
	assert_int_not_equal(fflush(full), 0);
	assert_true(ferror(full));
	assert_true(dup2(fileno(good), fileno(full)) >= 0);
	assert_int_equal(dp_stats_write_openmetrics(pool, full), 0);
	fclose(full);
	fclose(good);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_scene, clear_scene)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			error_that_the_file_had_before_is_not_reported),
		EACH(numbers_that_cannot_be_read_are_not_written),
		EACH(workers_that_attach_meanwhile_have_their_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
