/* SPDX-License-Identifier: MIT */
/*
 * What a library with checks says of a table: the places that it names are the
 * application's calls of keytable.h, and not the library's own of pool.h.
 */
#include <driftpool/keytable.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fate.h"
#include "support/harness.h"

#define NAME "pool of tables"

/* Who and where, for a program of this name. */
#define PLACE "thread [0-9]+ at keytable_message_[a-z_]+\\+0x[0-9a-f]+"
#define PARTY "worker %p of " PLACE

/* A call lies between these two. */
struct place {
	uintptr_t before, after;
};

static struct place got, set, ended, returned;

/* A fiber whose table was lent by a get. */
static struct fiber {
	struct dp_pool *pool;
	struct dp_worker *worker;
	struct dp_key key;
	struct dp_keytable *table;
} fiber;

/* --- The calls ------------------------------------------------------------ */

static __attribute__((noinline)) uintptr_t
here(void)
{
	__asm__ volatile("" : : : "memory");
	return (uintptr_t)__builtin_return_address(0);
}

static __attribute__((noinline)) void *
get(void *arg)
{
	void *value;

	got.before = here();
	dp_keytable_get(&fiber.table, fiber.worker, fiber.key, &value);
	got.after = here();
	return arg;
}

static void *
get_first(void *arg)
{
	fiber.table = NULL;
	return get(arg);
}

static __attribute__((noinline)) void *
set_value(void *arg)
{
	set.before = here();
	dp_keytable_set(&fiber.table, fiber.worker, fiber.key, &fiber);
	set.after = here();
	return arg;
}

static void *
set_first(void *arg)
{
	fiber.table = NULL;
	return set_value(arg);
}

static __attribute__((noinline)) void *
end(void *arg)
{
	ended.before = here();
	dp_keytable_end(&fiber.table, fiber.worker);
	ended.after = here();
	return arg;
}

static __attribute__((noinline)) void
return_as_object(void *table)
{
	returned.before = here();
	dp_return_bulk(fiber.worker, &table, 1);
	returned.after = here();
}

/* Makes each call once, so that its place is known. */
static int
set_scene(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	fiber = (struct fiber){ .table = NULL };
	config.name = NAME;
	fiber.pool = dp_keytable_pool_create(&config);
	fiber.worker = dp_worker_attach(fiber.pool);
	dp_key_create(&fiber.key, NULL);
	return_as_object(dp_borrow(fiber.worker));
	set_value(NULL);
	end(NULL);
	get(NULL);
	return fiber.table == NULL;
}

static int
clear_scene(void **state)
{
	(void)state;
	end(NULL);
	dp_worker_detach(fiber.worker);
	return dp_pool_destroy(fiber.pool) || dp_key_delete(fiber.key);
}

/* --- The messages --------------------------------------------------------- */

static bool
is_at(struct place place, uintptr_t site)
{
	return place.before < site && site < place.after;
}

/* The place that the message names n-th is this one, and none of the others. */
static void
assert_place(const struct fate *fate, unsigned n, const struct place *place)
{
	const struct place *places[] = { &got, &set, &ended, &returned };
	const char *text = fate->text;
	Dl_info info;

	assert_true(dladdr((void *)(uintptr_t)here, &info) != 0);
	for (; n > 0 && text; n--)
		text = strstr(text + 1, "+0x");
	assert_non_null(text);
	uintptr_t site = (uintptr_t)info.dli_fbase + strtoul(text, NULL, 16);

	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(is_at(*places[i], site), places[i] == place);
}

static void
return_again(void *arg)
{
	void *table = fiber.table;

	end(arg);
	return_as_object(table);
}

static void
set_and_return_again(void *arg)
{
	end(arg);
	set_value(arg);
	return_again(arg);
}

static void
assert_said_of_return(void (*act)(void *arg), const struct place *lent)
{
	const void *w = fiber.worker;
	struct fate fate = fate_is_abort(act, NULL);

	fate_says_of_pool(&fate, NAME,
			  "object %p returned by " PARTY ", but " PARTY
			  " had returned it already; lent before by " PARTY,
			  (void *)fiber.table, w, w, w);
	assert_place(&fate, 1, &returned);
	assert_place(&fate, 2, &ended);
	assert_place(&fate, 3, lent);
}

static void
table_returned_after_its_end(void **state)
{
	(void)state;
	assert_said_of_return(return_again, &got);
	assert_said_of_return(set_and_return_again, &set);
}

struct use {
	void *(*call)(void *arg);
	const struct place *place;
};

static void
use_on_another_thread(void *arg)
{
	const struct use *use = arg;
	pthread_t thread;

	if (pthread_create(&thread, NULL, use->call, NULL) != 0)
		_exit(2);
	pthread_join(thread, NULL);
}

static void
handle_of_another_thread(void **state)
{
	struct use uses[] = {
		{ get, &got },       { get_first, &got }, { set_value, &set },
		{ set_first, &set }, { end, &ended },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		struct fate fate =
			fate_is_abort(use_on_another_thread, &uses[i]);

		fate_says_of_pool(
			&fate, NAME,
			"worker %p, which thread [0-9]+ has, used by " PLACE
			", which has none of this pool: a "
			"handle that moves is bound by "
			"dp_worker_bind\\(\\)",
			(void *)fiber.worker);
		assert_place(&fate, 1, uses[i].place);
	}
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_scene, clear_scene)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(table_returned_after_its_end),
		EACH(handle_of_another_thread),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
