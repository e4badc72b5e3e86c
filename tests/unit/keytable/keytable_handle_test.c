/* SPDX-License-Identifier: MIT */
/*
 * A fiber that keeps its worker's handle across a suspension resumes on another
 * thread with it: a library with checks ends the program at its next use, even
 * where nothing need be borrowed.
 */
#include <driftpool/keytable.h>

#include <pthread.h>
#include <unistd.h>

#include "support/fate.h"
#include "support/harness.h"

#define NAME "pool of tables"

/* A fiber, which ran on the main thread and suspended. */
static struct fiber {
	struct dp_pool *pool;
	struct dp_worker *worker;
	struct dp_key key;
	struct dp_keytable *table;
} fiber;

static int
set_scene(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;
	void *value;

	(void)state;
	fiber = (struct fiber){ .table = NULL };
	config.name = NAME;
	fiber.pool = dp_keytable_pool_create(&config);
	fiber.worker = dp_worker_attach(fiber.pool);
	dp_key_create(&fiber.key, NULL);
	return dp_keytable_get(&fiber.table, fiber.worker, fiber.key, &value);
}

static int
clear_scene(void **state)
{
	(void)state;
	dp_keytable_end(&fiber.table, fiber.worker);
	dp_worker_detach(fiber.worker);
	return dp_pool_destroy(fiber.pool) || dp_key_delete(fiber.key);
}

/* Resumes the fiber on another thread. */
static void
resume(void *(*body)(void *worker), void *worker)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, worker) != 0)
		_exit(2);
	pthread_join(thread, NULL);
}

static void *
get(void *worker)
{
	void *value;

	dp_keytable_get(&fiber.table, worker, fiber.key, &value);
	return NULL;
}

static void *
get_first(void *worker)
{
	void *value;

	fiber.table = NULL;
	dp_keytable_get(&fiber.table, worker, fiber.key, &value);
	return NULL;
}

static void *
set(void *worker)
{
	dp_keytable_set(&fiber.table, worker, fiber.key, worker);
	return NULL;
}

static void *
end(void *worker)
{
	dp_keytable_end(&fiber.table, worker);
	return NULL;
}

static void
resume_with_old_handle(void *body)
{
	void *(*const *use)(void *) = body;

	resume(*use, fiber.worker);
}

static void
handle_kept_across_a_suspension_is_caught(void **state)
{
	void *(*uses[])(void *) = { get, get_first, set, end };

	(void)state;
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		struct fate fate =
			fate_is_abort(resume_with_old_handle, &uses[i]);

		fate_says(&fate, NAME);
		fate_says(&fate, "thread");
	}
}

/* Takes the handle of the thread that it resumes on. */
static void *
live_on(void *unused)
{
	struct dp_worker *worker = dp_worker_attach(fiber.pool);

	get(worker);
	set(worker);
	end(worker);
	get_first(worker);
	end(worker);
	dp_worker_detach(worker);
	return unused;
}

static void
resume_with_new_handle(void *unused)
{
	resume(live_on, unused);
	harness_leave(fiber.table ? 1 : 0);
}

static void
handle_of_the_new_thread_passes_in_silence(void **state)
{
	(void)state;
	struct fate fate = fate_of(resume_with_new_handle, NULL);

	assert_string_equal(fate.text, "");
	assert_int_equal(fate.status, 0);
}

/* A copy of the fiber's pointer, used after its end by way of the pool. */
static void
return_twice(void *unused)
{
	void *table = fiber.table;

	(void)unused;
	dp_keytable_end(&fiber.table, fiber.worker);
	dp_return(fiber.worker, table);
}

static void
table_returned_behind_its_back_is_caught(void **state)
{
	(void)state;
	struct fate fate = fate_is_abort(return_twice, NULL);

	fate_says(&fate, NAME);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_scene, clear_scene)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(handle_kept_across_a_suspension_is_caught),
		EACH(handle_of_the_new_thread_passes_in_silence),
		EACH(table_returned_behind_its_back_is_caught),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
