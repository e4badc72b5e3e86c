/* SPDX-License-Identifier: MIT */
/*
 * A library with checks ends a program that returns what it must not, and says
 * which object it was and which pool it was given to.  The misuse happens in a
 * child; the parent then puts its own, untouched pools away in good order.
 */
#include <driftpool/pool.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "support/fate.h"
#include "core/pool.h"

#define M 4
#define N_OBJECTS (4 * M)
#define NAME "misused pool"

/* What there is to misuse.  All objects are lent. */
static struct scene {
	struct dp_pool *pool, *neighbour;
	struct dp_worker *worker, *other, *stranger;
	void *objects[N_OBJECTS]; /* of pool, lent by worker */
	void *strange;            /* of neighbour, lent by stranger */
} scene;

static struct dp_pool *
create(const char *name)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = name;
	config.object_size = 64;
	config.magazine_size = M;
	return dp_pool_create(&config);
}

static int
set_scene(void **state)
{
	char name[] = NAME;

	(void)state;
	scene.pool = create(name);
	/* The pool has made a copy. */
	memset(name, 'x', sizeof(name) - 1);
	scene.neighbour = create(NULL);
	scene.worker = dp_worker_attach(scene.pool);
	scene.other = dp_worker_attach(scene.pool);
	scene.stranger = dp_worker_attach(scene.neighbour);
	scene.strange = dp_borrow(scene.stranger);
	return dp_borrow_bulk(scene.worker, scene.objects, N_OBJECTS) !=
	       N_OBJECTS;
}

static int
clear_scene(void **state)
{
	(void)state;
	dp_return_bulk(scene.other, scene.objects, N_OBJECTS);
	dp_return(scene.stranger, scene.strange);
	dp_worker_detach(scene.worker);
	dp_worker_detach(scene.other);
	dp_worker_detach(scene.stranger);
	return dp_pool_destroy(scene.pool) || dp_pool_destroy(scene.neighbour);
}

/* act(object) aborts, and names the object and the pool it was given to. */
static void
assert_caught(void (*act)(void *object), void *object)
{
	struct fate fate = fate_is_abort(act, object);
	char address[32];

	snprintf(address, sizeof(address), "%p", object);
	fate_says(&fate, address);
	fate_says(&fate, NAME);
}

static void
return_twice(void *object)
{
	dp_return(scene.worker, object);
	dp_return(scene.worker, object);
}

static void
object_returned_twice_is_caught(void **state)
{
	(void)state;
	assert_caught(return_twice, scene.objects[0]);
}

static void
return_to_both_workers(void *object)
{
	dp_return(scene.worker, object);
	dp_return(scene.other, object);
}

static void
object_returned_to_two_workers_is_caught(void **state)
{
	(void)state;
	assert_caught(return_to_both_workers, scene.objects[0]);
}

static void
return_what_was_flushed(void *object)
{
	for (int i = 0; i < N_OBJECTS; i++)
		dp_return(scene.worker, scene.objects[i]);
	dp_return(scene.other, object);
}

static void
object_returned_again_after_a_flush_is_caught(void **state)
{
	(void)state;
	assert_caught(return_what_was_flushed, scene.objects[0]);
}

static void
return_twice_in_bulk(void *object)
{
	scene.objects[3] = object;
	dp_return_bulk(scene.worker, scene.objects, 4);
}

static void
object_twice_in_a_bulk_is_caught(void **state)
{
	(void)state;
	assert_caught(return_twice_in_bulk, scene.objects[1]);
}

static void
return_twice_thread_locally(void *object)
{
	dp_pool_return(scene.pool, object);
	dp_pool_return(scene.pool, object);
}

static void
object_returned_twice_thread_locally_is_caught(void **state)
{
	(void)state;
	assert_caught(return_twice_thread_locally, scene.objects[0]);
}

static void
return_to_worker(void *object)
{
	dp_return(scene.worker, object);
}

static void
pointer_of_no_pool_is_caught(void **state)
{
	static _Alignas(64) char of_no_pool[192];

	(void)state;
	assert_caught(return_to_worker, of_no_pool + 64);
}

static void
object_of_another_pool_is_caught(void **state)
{
	(void)state;
	assert_caught(return_to_worker, scene.strange);
}

static void
pointer_into_an_object_is_caught(void **state)
{
	(void)state;
	assert_caught(return_to_worker, (char *)scene.objects[0] + 16);
}

static void
null_is_caught(void **state)
{
	(void)state;
	struct fate fate = fate_is_abort(return_to_worker, NULL);

	fate_says(&fate, NAME);
}

static void
return_correctly(void *arg)
{
	(void)arg;
	dp_return(scene.worker, scene.objects[0]);
	dp_return(scene.worker, dp_borrow(scene.worker));
	dp_return(scene.other, scene.objects[1]);
	dp_return(scene.worker, dp_borrow(scene.other));
	dp_return_bulk(scene.other, scene.objects + 2, N_OBJECTS - 3);
	dp_pool_return(scene.pool, scene.objects[N_OBJECTS - 1]);
	dp_return(scene.stranger, scene.strange);
	dp_worker_detach(scene.worker);
	dp_worker_detach(scene.other);
	dp_worker_detach(scene.stranger);
	if (dp_pool_audit(scene.pool) || dp_pool_destroy(scene.pool) ||
	    dp_pool_destroy(scene.neighbour))
		_exit(1);
}

static void
correct_use_passes_in_silence(void **state)
{
	(void)state;
	struct fate fate = fate_of(return_correctly, NULL);

	assert_string_equal(fate.text, "");
	assert_int_equal(fate.status, 0);
}

/* --- What it costs -------------------------------------------------------- */

#define COUNTED 3000
#define ENTRY_BYTES 72
#define FEW 64 /* the first ledger has room for more */

static void
ledger_takes_two_to_four_entries_an_object(void **state)
{
	const struct ledger *ledger = &scene.pool->check.ledger;
	static void *more[COUNTED];
	size_t n = N_OBJECTS;

	(void)state;
	assert_int_equal(sizeof(struct ledger_entry), ENTRY_BYTES);
	while (n < COUNTED) {
		more[n++] = dp_borrow(scene.worker);
		assert_int_equal(ledger->n, n);
		assert_true(ledger->capacity >= 2 * n);
		assert_true(ledger->capacity <= 4 * n || n < FEW);
	}
	dp_return_bulk(scene.worker, more + N_OBJECTS, COUNTED - N_OBJECTS);
}

#define claim(test)                                                            \
	cmocka_unit_test_setup_teardown(test, set_scene, clear_scene)

/* --- Constructors and destructors that are left by a jump ----------------- */

static jmp_buf back;

static int
jump(void *object, void *arg)
{
	(void)object;
	(void)arg;
	longjmp(back, 1);
}

static void
leave_constructor(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = NAME;
	config.object_size = 8;
	config.construct = jump;
	scene.pool = dp_pool_create(&config);
	scene.worker = dp_worker_attach(scene.pool);
	if (setjmp(back) == 0)
		dp_borrow(scene.worker);
}

static void
borrow_after_a_jump(void *unused)
{
	(void)unused;
	leave_constructor();
	dp_borrow(scene.worker);
}

static void
detach_after_a_jump(void *unused)
{
	(void)unused;
	leave_constructor();
	dp_worker_detach(scene.worker);
}

static void
constructor_left_by_a_jump_is_seen(void **state)
{
	(void)state;
	struct fate borrow = fate_is_abort(borrow_after_a_jump, NULL);
	struct fate detach = fate_is_abort(detach_after_a_jump, NULL);

	fate_says(&borrow, "must not be left by a jump");
	fate_says(&detach, "must not be left by a jump");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		claim(correct_use_passes_in_silence),
		claim(object_returned_twice_is_caught),
		claim(object_returned_to_two_workers_is_caught),
		claim(object_returned_again_after_a_flush_is_caught),
		claim(object_twice_in_a_bulk_is_caught),
		claim(object_returned_twice_thread_locally_is_caught),
		claim(pointer_of_no_pool_is_caught),
		claim(object_of_another_pool_is_caught),
		claim(pointer_into_an_object_is_caught),
		claim(null_is_caught),
		claim(ledger_takes_two_to_four_entries_an_object),
		cmocka_unit_test_setup_teardown(
			constructor_left_by_a_jump_is_seen, set_scene,
			clear_scene),
	};

	/* Without checks misuse is undefined: there is nothing to test. */
	if (!TEST_CHECKED)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
