/* SPDX-License-Identifier: MIT */
/* What any library sees of an object that was returned twice in a row. */
#include <driftpool/pool.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "support/fate.h"
#include "support/harness.h"

#define M 4

static struct scene {
	struct dp_pool *pool;
	struct dp_worker *worker;
	void *objects[3 * M];
} scene;

static int
set_scene(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.name = "twice";
	config.object_size = 64;
	config.magazine_size = M;
	scene.pool = dp_pool_create(&config);
	scene.worker = dp_worker_attach(scene.pool);
	return dp_borrow_bulk(scene.worker, scene.objects, 3 * M) != 3 * M;
}

static int
clear_scene(void **state)
{
	(void)state;
	dp_return_bulk(scene.worker, scene.objects, 3 * M);
	dp_worker_detach(scene.worker);
	return dp_pool_destroy(scene.pool);
}

/* Returns n objects, the one at `twice` two times. */
static void
return_all(size_t n, size_t twice)
{
	for (size_t i = 0; i < n; i++) {
		dp_return(scene.worker, scene.objects[i]);
		if (i == twice)
			dp_return(scene.worker, scene.objects[i]);
	}
}

static void
flush(void *arg)
{
	return_all(3 * M - 1, *(size_t *)arg);
}

static void
detach(void *arg)
{
	return_all(M - 1, *(size_t *)arg);
	dp_worker_detach(scene.worker);
}

static void
return_and_keep(void *arg)
{
	(void)arg;
	return_all(1, 0);
}

/* A library with checks sees it before the magazine leaves. */
static bool
has_checks(void)
{
	struct fate fate = fate_of(return_and_keep, NULL);

	return WIFSIGNALED(fate.status);
}

static void
assert_seen(void (*act)(void *arg), size_t twice)
{
	struct fate fate = fate_is_abort(act, &twice);

	/* That says more, and at once. */
	if (has_checks())
		fate_says(&fate, "had returned it already");
	else
		fate_says_of_pool(&fate, "twice",
				  "object %p was returned twice in a row; a "
				  "library with checks, -Dchecked=true, says "
				  "by whom",
				  scene.objects[twice]);
}

static void
detach_two(void *arg)
{
	return_all(2 * M - 1, *(size_t *)arg);
	dp_worker_detach(scene.worker);
}

static void
park(void *arg)
{
	return_all(2 * M - 1, *(size_t *)arg);
	dp_worker_park(scene.worker);
}

/* At each place in a magazine, and where two of them meet. */
static void
seen_when_the_magazine_is_flushed(void **state)
{
	(void)state;
	for (size_t i = 0; i < M; i++)
		assert_seen(flush, i);
}

static void
seen_when_the_worker_is_detached(void **state)
{
	(void)state;
	for (size_t i = 0; i < M - 1; i++)
		assert_seen(detach, i);
	assert_seen(detach_two, M - 1);
}

/* Within a magazine it is seen when that leaves the park. */
static void
seen_when_the_worker_parks(void **state)
{
	(void)state;
	assert_seen(park, M - 1);
}

static void
right_use_says_nothing(void **state)
{
	size_t none = SIZE_MAX;
	struct fate fate = fate_of(flush, &none);

	(void)state;
	assert_string_equal(fate.text, "");
	assert_true(WIFEXITED(fate.status) && WEXITSTATUS(fate.status) == 0);
	fate = fate_of(detach_two, &none);
	assert_string_equal(fate.text, "");
	assert_true(WIFEXITED(fate.status) && WEXITSTATUS(fate.status) == 0);
	fate = fate_of(park, &none);
	assert_string_equal(fate.text, "");
	assert_true(WIFEXITED(fate.status) && WEXITSTATUS(fate.status) == 0);
}

#define claim(test)                                                            \
	cmocka_unit_test_setup_teardown(test, set_scene, clear_scene)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		claim(right_use_says_nothing),
		claim(seen_when_the_magazine_is_flushed),
		claim(seen_when_the_worker_is_detached),
		claim(seen_when_the_worker_parks),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
