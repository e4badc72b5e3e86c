/* SPDX-License-Identifier: MIT */
/*
 * A worker's handle belongs to the thread that attached it or bound it last.  A
 * library with checks ends a program in which another thread uses it.
 */
#include <driftpool/pool.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

#include "support/fate.h"

#define NAME "pool with handles"

/* The worker belongs to the main thread and has lent both objects. */
static struct scene {
	struct dp_pool *pool;
	struct dp_worker *worker;
	void *objects[2];
} scene;

static int
set_scene(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.name = NAME;
	config.object_size = 64;
	scene.pool = dp_pool_create(&config);
	scene.worker = dp_worker_attach(scene.pool);
	return dp_borrow_bulk(scene.worker, scene.objects, 2) != 2;
}

static int
clear_scene(void **state)
{
	(void)state;
	dp_return_bulk(scene.worker, scene.objects, 2);
	dp_worker_detach(scene.worker);
	return dp_pool_destroy(scene.pool);
}

static void *
borrow(void *arg)
{
	dp_borrow(scene.worker);
	return arg;
}

static void *
give_back(void *arg)
{
	dp_return(scene.worker, scene.objects[0]);
	return arg;
}

static void *
borrow_bulk(void *arg)
{
	void *more[2];

	dp_borrow_bulk(scene.worker, more, 2);
	return arg;
}

static void *
give_back_bulk(void *arg)
{
	dp_return_bulk(scene.worker, scene.objects, 2);
	return arg;
}

static void *
detach(void *arg)
{
	dp_worker_detach(scene.worker);
	return arg;
}

static void *
place(void *arg)
{
	dp_worker_place(scene.worker, 0);
	return arg;
}

static void *
bind(void *arg)
{
	dp_worker_bind(scene.worker);
	return arg;
}

static void
run_on_another_thread(void *(*use)(void *arg))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, use, NULL) == 0)
		pthread_join(thread, NULL);
}

static void
assert_caught(void (*act)(void *arg))
{
	struct fate fate = fate_is_abort(act, NULL);

	fate_says(&fate, NAME);
	fate_says(&fate, "thread");
}

static void
borrow_elsewhere(void *arg)
{
	(void)arg;
	run_on_another_thread(borrow);
}

static void
borrow_on_anothers_handle_is_caught(void **state)
{
	(void)state;
	assert_caught(borrow_elsewhere);
}

static void
return_elsewhere(void *arg)
{
	(void)arg;
	run_on_another_thread(give_back);
}

static void
return_on_anothers_handle_is_caught(void **state)
{
	(void)state;
	assert_caught(return_elsewhere);
}

static void
borrow_bulk_elsewhere(void *arg)
{
	(void)arg;
	run_on_another_thread(borrow_bulk);
}

static void
bulk_borrow_on_anothers_handle_is_caught(void **state)
{
	(void)state;
	assert_caught(borrow_bulk_elsewhere);
}

static void
return_bulk_elsewhere(void *arg)
{
	(void)arg;
	run_on_another_thread(give_back_bulk);
}

static void
bulk_return_on_anothers_handle_is_caught(void **state)
{
	(void)state;
	assert_caught(return_bulk_elsewhere);
}

static void
detach_elsewhere(void *arg)
{
	(void)arg;
	run_on_another_thread(detach);
}

static void
detach_of_anothers_handle_is_caught(void **state)
{
	(void)state;
	assert_caught(detach_elsewhere);
}

static void
place_elsewhere(void *arg)
{
	(void)arg;
	run_on_another_thread(place);
}

static void
placing_anothers_handle_is_caught(void **state)
{
	(void)state;
	assert_caught(place_elsewhere);
}

static void
borrow_after_bind_elsewhere(void *arg)
{
	(void)arg;
	run_on_another_thread(bind);
	dp_borrow(scene.worker);
}

static void
use_of_a_handle_bound_away_is_caught(void **state)
{
	(void)state;
	assert_caught(borrow_after_bind_elsewhere);
}

static void *
use_own(void *arg)
{
	bind(arg);
	give_back(arg);
	return borrow(arg);
}

static void
use_correctly(void *arg)
{
	run_on_another_thread(use_own);
	bind(arg);
	give_back_bulk(arg);
	detach(arg);
	if (dp_pool_destroy(scene.pool) != 0)
		_exit(1);
}

static void
handle_that_is_bound_first_passes_in_silence(void **state)
{
	(void)state;
	struct fate fate = fate_of(use_correctly, NULL);

	assert_string_equal(fate.text, "");
	assert_int_equal(fate.status, 0);
}

#define claim(test)                                                            \
	cmocka_unit_test_setup_teardown(test, set_scene, clear_scene)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		claim(handle_that_is_bound_first_passes_in_silence),
		claim(borrow_on_anothers_handle_is_caught),
		claim(return_on_anothers_handle_is_caught),
		claim(bulk_borrow_on_anothers_handle_is_caught),
		claim(bulk_return_on_anothers_handle_is_caught),
		claim(detach_of_anothers_handle_is_caught),
		claim(placing_anothers_handle_is_caught),
		claim(use_of_a_handle_bound_away_is_caught),
	};

	/* Without checks misuse is undefined: there is nothing to test. */
	if (!TEST_CHECKED)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
