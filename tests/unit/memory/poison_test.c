/* SPDX-License-Identifier: MIT */
/* AddressSanitizer reports what uses an object that the pool has. */
#include <driftpool/pool.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "support/books.h"
#include "support/fate.h"
#include "support/harness.h"

#define M 4
#define BYTES 100

static struct dp_pool *pool;
static struct dp_worker *worker;
static char *object;
/* What the constructor and the destructor of the last object left. */
static char *constructed;
static size_t destructed;

static int
construct(void *memory, void *arg)
{
	(void)arg;
	constructed = memory;
	memset(memory, 'c', BYTES);
	return 0;
}

static void
destruct(void *memory, void *arg)
{
	(void)arg;
	/* Its own again. */
	memset(memory, 'd', BYTES);
	destructed++;
}

static int
set_scene(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.object_size = BYTES;
	config.magazine_size = M;
	config.construct = construct;
	config.destruct = destruct;
	pool = dp_pool_create(&config);
	worker = dp_worker_attach(pool);
	object = dp_borrow(worker);
	return object == NULL;
}

static int
clear_scene(void **state)
{
	(void)state;
	dp_return(worker, object);
	dp_worker_detach(worker);
	return dp_pool_destroy(pool);
}

static void
write_last_byte(const char *what)
{
	((volatile char *)what)[BYTES - 1] = 'x';
}

static void
assert_reported(void (*act)(void *))
{
	struct fate fate = fate_of(act, NULL);

	assert_false(WIFEXITED(fate.status) && WEXITSTATUS(fate.status) == 0);
	fate_says(&fate, "use-after-poison");
}

static void
write_after_return(void *arg)
{
	(void)arg;
	dp_return(worker, object);
	write_last_byte(object);
}

static void
write_after_bulk(void *arg)
{
	void *objects[] = { object };

	(void)arg;
	dp_return_bulk(worker, objects, 1);
	write_last_byte(object);
}

static void
write_to_the_depot(void *arg)
{
	(void)arg;
	dp_return(worker, object);
	dp_worker_detach(worker);
	write_last_byte(object);
}

static void
write_thread_locally(void *arg)
{
	(void)arg;
	dp_pool_return(pool, object);
	write_last_byte(object);
}

static void
write_to_the_reserve(void *arg)
{
	(void)arg;
	if (dp_pool_reserve(pool, 1) == 0)
		write_last_byte(constructed);
}

static void
uses_after_the_return_are_reported(void **state)
{
	(void)state;
	assert_reported(write_after_return);
	assert_reported(write_after_bulk);
	assert_reported(write_to_the_depot);
	assert_reported(write_thread_locally);
	if (!leaks())
		assert_reported(write_to_the_reserve);
}

/* The control: what is lent, in every way, and what is destructed is not. */
static void
use_well(void *arg)
{
	void *objects[8 * M];

	(void)arg;
	dp_return(worker, object);
	for (int turn = 0; turn < 3; turn++) {
		object = dp_borrow(worker);
		write_last_byte(object);
		dp_return(worker, object);
		size_t n = dp_borrow_bulk(worker, objects, 8 * M);

		for (size_t i = 0; i < n; i++)
			write_last_byte(objects[i]);
		dp_return_bulk(worker, objects, n);
		object = dp_pool_borrow(pool);
		write_last_byte(object);
		dp_pool_return(pool, object);
	}
	dp_worker_detach(worker);
	dp_pool_reserve(pool, M + 1);
	dp_pool_trim(pool, 1);
	if (dp_pool_destroy(pool) != 0 || destructed == 0)
		abort();
}

static void
right_use_is_not(void **state)
{
	struct fate fate = fate_of(use_well, NULL);

	(void)state;
	assert_string_equal(fate.text, "");
	assert_true(WIFEXITED(fate.status) && WEXITSTATUS(fate.status) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			uses_after_the_return_are_reported, set_scene,
			clear_scene),
		cmocka_unit_test_setup_teardown(right_use_is_not, set_scene,
						clear_scene),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
