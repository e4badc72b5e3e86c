/* SPDX-License-Identifier: MIT */
/*
 * What a library with checks says of each misuse: one line, with the pool, the
 * object, who lent it and who returned it, and from where.
 */
#include <driftpool/pool.h>

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "support/fate.h"
#include "support/harness.h"

#define M 4

/* Who and where, for a program of this name. */
#define PLACE "thread [0-9]+ at message_[a-z_]+\\+0x[0-9a-f]+"
#define PARTY "worker %p of " PLACE

/* The first object is lent by `lender`; both workers are this thread's. */
static struct scene {
	struct dp_pool *pool, *neighbour;
	struct dp_worker *lender, *other, *stranger;
	void *object, *strange;
	bool armed;  /* the destructor misbehaves: */
	bool detach; /* it detaches `lender`, else it returns its object */
} scene;

static void
destruct(void *object, void *arg)
{
	(void)arg;
	if (!scene.armed)
		return;
	if (scene.detach)
		dp_worker_detach(scene.lender);
	else
		dp_return(scene.lender, object);
}

static struct dp_pool *
create(const char *name)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = name;
	config.object_size = 100;
	config.magazine_size = M;
	config.depot_limit = 1;
	config.destruct = destruct;
	return dp_pool_create(&config);
}

static int
set_scene(void **state)
{
	(void)state;
	memset(&scene, 0, sizeof(scene));
	scene.pool = create("misused");
	scene.neighbour = create("neighbour");
	scene.lender = dp_worker_attach(scene.pool);
	scene.other = dp_worker_attach(scene.pool);
	scene.stranger = dp_worker_attach(scene.neighbour);
	scene.strange = dp_borrow(scene.stranger);
	scene.object = dp_borrow(scene.lender);
	memset(scene.object, 'x', 100);
	return scene.object == NULL || scene.strange == NULL;
}

static int
clear_scene(void **state)
{
	(void)state;
	dp_return(scene.lender, scene.object);
	dp_return(scene.stranger, scene.strange);
	dp_worker_detach(scene.lender);
	dp_worker_detach(scene.other);
	dp_worker_detach(scene.stranger);
	return dp_pool_destroy(scene.pool) || dp_pool_destroy(scene.neighbour);
}

#define assert_says(act, ...)                                                  \
	do {                                                                   \
		struct fate fate = fate_is_abort(act, NULL);                   \
                                                                               \
		fate_says_of_pool(&fate, "misused", __VA_ARGS__);              \
	} while (0)

/* --- The misuses ---------------------------------------------------------- */

static __attribute__((noinline)) void
return_twice(void *arg)
{
	(void)arg;
	dp_return(scene.lender, scene.object);
	dp_return(scene.other, scene.object);
}

static void
double_return(void **state)
{
	(void)state;
	assert_says(return_twice,
		    "object %p returned by " PARTY ", but " PARTY
		    " had returned it already; lent before by " PARTY,
		    scene.object, (void *)scene.other, (void *)scene.lender,
		    (void *)scene.lender);
}

/* By a plain call, for the inline one's may lie in the cold part. */
static __attribute__((noinline)) void
return_twice_in_bulk(void *arg)
{
	dp_return(scene.lender, scene.object);
	dp_return_bulk(scene.other, &scene.object, 1);
	/* So that it is no jump either, which leaves no trace. */
	__asm__ volatile("" : : "r"(arg) : "memory");
}

/* A site lies in the function that called. */
static void
site_is_the_callers(void **state)
{
	struct fate fate = fate_is_abort(return_twice_in_bulk, NULL);
	uintptr_t function = (uintptr_t)return_twice_in_bulk;
	const char *site = strchr(fate.text, '+');
	Dl_info info;

	(void)state;
	assert_non_null(site);
	assert_true(dladdr((void *)function, &info) != 0);
	uintptr_t offset = strtoul(site + 1, NULL, 16);

	assert_in_range(offset, function - (uintptr_t)info.dli_fbase,
			function - (uintptr_t)info.dli_fbase + 512);
}

static void
return_a_strange_object(void *arg)
{
	(void)arg;
	dp_return(scene.lender, scene.strange);
}

static void
return_a_strange_object_late(void *arg)
{
	dp_return(scene.stranger, scene.strange);
	return_a_strange_object(arg);
}

static void
return_to_the_wrong_pool(void **state)
{
	(void)state;
	assert_says(return_a_strange_object,
		    "object %p returned by " PARTY " is one of pool "
		    "'neighbour', where it was lent by " PARTY,
		    scene.strange, (void *)scene.lender,
		    (void *)scene.stranger);
	assert_says(return_a_strange_object_late,
		    "object %p returned by " PARTY " is one of pool "
		    "'neighbour', where it was returned by " PARTY
		    "; lent before by " PARTY,
		    scene.strange, (void *)scene.lender, (void *)scene.stranger,
		    (void *)scene.stranger);
}

static void
return_a_foreign_pointer(void *arg)
{
	(void)arg;
	dp_return(scene.lender, &scene);
}

static void
foreign_pointer(void **state)
{
	(void)state;
	assert_says(return_a_foreign_pointer,
		    "%p returned by " PARTY " is no object of any pool",
		    (void *)&scene, (void *)scene.lender);
}

static void
write_late(void *arg)
{
	(void)arg;
	dp_return(scene.other, scene.object);
	((char *)scene.object)[99] ^= 1;
	dp_borrow(scene.other);
}

static void
write_late_and_give_up(void *arg)
{
	(void)arg;
	dp_return(scene.other, scene.object);
	((char *)scene.object)[0] ^= 1;
	dp_worker_detach(scene.other);
	dp_pool_trim(scene.pool, 0);
}

static void
write_after_return(void **state)
{
	(void)state;
	/* It reports the write itself. */
	if (HARNESS_ASAN)
		skip();
	assert_says(write_late,
		    "object %p was written to after it was returned by " PARTY
		    "; lent before by " PARTY "; found when it was to be lent",
		    scene.object, (void *)scene.other, (void *)scene.lender);
	/* That gives nothing up. */
	if (strcmp(dp_backend_name(), "none") == 0)
		return;
	assert_says(write_late_and_give_up,
		    "object %p was written to after it was returned by " PARTY
		    "; lent before by " PARTY
		    "; found when it was to be destructed",
		    scene.object, (void *)scene.other, (void *)scene.lender);
}

static void
run_elsewhere(void *(*routine)(void *))
{
	pthread_t thread;

	pthread_create(&thread, NULL, routine, scene.lender);
	pthread_join(thread, NULL);
}

static void *
borrow(void *arg)
{
	void *object = dp_borrow(arg);

	/* So that it is no jump, which leaves no trace. */
	__asm__ volatile("" : : "r"(object) : "memory");
	return object;
}

static void
borrow_on_another_thread(void *arg)
{
	(void)arg;
	run_elsewhere(borrow);
}

static void
handle_of_another_thread(void **state)
{
	(void)state;
	assert_says(borrow_on_another_thread,
		    "worker %p, which thread [0-9]+ has, used by " PLACE
		    ", which has none of this pool: a handle that moves is "
		    "bound by dp_worker_bind\\(\\)",
		    (void *)scene.lender);
}

/* A thread of a runtime, which resumes a task that has the other's worker. */
static void *
resume(void *arg)
{
	struct dp_worker *own = dp_worker_attach(scene.pool);

	dp_return(own, dp_borrow(own));
	return borrow(arg);
}

static void
resume_on_another_thread(void *arg)
{
	(void)arg;
	run_elsewhere(resume);
}

static void
handle_kept_across_a_suspension(void **state)
{
	(void)state;
	assert_says(resume_on_another_thread,
		    "worker %p, which thread [0-9]+ has, used by " PLACE
		    ", which has worker 0x[0-9a-f]+: a task must not keep its "
		    "worker across a suspension",
		    (void *)scene.lender);
}

/* The depot takes one magazine, so that the rest is destructed. */
static void
return_too_many(void *arg)
{
	void *objects[4 * M];

	(void)arg;
	dp_borrow_bulk(scene.lender, objects, 4 * M);
	scene.armed = true;
	dp_return_bulk(scene.lender, objects, 4 * M);
}

static void
detach_from_a_destructor(void *arg)
{
	scene.detach = true;
	return_too_many(arg);
}

static void
destructor_that_detaches_its_worker(void **state)
{
	(void)state;
	if (strcmp(dp_backend_name(), "none") == 0)
		skip();
	assert_says(detach_from_a_destructor,
		    "worker %p detached by thread [0-9]+ in a call of its own: "
		    "a constructor or destructor must not detach the worker in "
		    "whose call it runs",
		    (void *)scene.lender);
}

static void
destructor_that_returns_its_object(void **state)
{
	(void)state;
	if (strcmp(dp_backend_name(), "none") == 0)
		skip();
	assert_says(return_too_many,
		    ".* returned by " PARTY " is no object of any pool",
		    (void *)scene.lender);
}

/* The control: all of it done right is silent. */
static void
use_well(void *arg)
{
	(void)arg;
	dp_return(scene.other, scene.object);
	void *object = dp_borrow(scene.other);

	memset(object, 'y', 100);
	dp_return(scene.lender, object);
	dp_return(scene.stranger, scene.strange);
	dp_worker_bind(scene.lender);
	dp_worker_detach(scene.lender);
	dp_worker_detach(scene.other);
	dp_pool_trim(scene.pool, 0);
}

static void
right_use_says_nothing(void **state)
{
	struct fate fate = fate_of(use_well, NULL);

	(void)state;
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
		claim(double_return),
		claim(site_is_the_callers),
		claim(return_to_the_wrong_pool),
		claim(foreign_pointer),
		claim(write_after_return),
		claim(handle_of_another_thread),
		claim(handle_kept_across_a_suspension),
		claim(destructor_that_detaches_its_worker),
		claim(destructor_that_returns_its_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
