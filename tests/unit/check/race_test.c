/* SPDX-License-Identifier: MIT */
/*
 * ThreadSanitizer sees the hand-over: a borrower is ordered after who returned
 * the object, by the pool alone, and it reports who uses one out of that order.
 */
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <driftpool/pool.h>

#include "support/fate.h"
#include "support/harness.h"

#define M 2
/* The first M leave the giver's cache, the others stay until it parks. */
#define N (2 * M + 1)
#define BY_DEPOT 0
#define BY_PARK (N - 1)

/* The object that a fault is about, and the fault. */
struct deed {
	unsigned which;
	bool at_once; /* written to after the return, before the next borrow */
	bool later;   /* the same, while it is lent again */
	bool unasked; /* its next user does not borrow it */
};

/* The giver has lent all that there may be. */
static struct scene {
	struct dp_pool *pool;
	struct dp_worker *giver, *taker;
	void *loans[N];
	_Atomic unsigned turn;
} scene;

static int
set_scene(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.object_size = sizeof(uint64_t);
	config.magazine_size = M;
	config.max_objects = N;
	atomic_init(&scene.turn, 0);
	scene.pool = dp_pool_create(&config);
	scene.giver = dp_worker_attach(scene.pool);
	scene.taker = dp_worker_attach(scene.pool);
	return dp_borrow_bulk(scene.giver, scene.loans, N) != N;
}

static int
clear_scene(void **state)
{
	(void)state;
	dp_return_bulk(scene.giver, scene.loans, N);
	dp_worker_detach(scene.giver);
	dp_worker_detach(scene.taker);
	return dp_pool_destroy(scene.pool);
}

/* One thread after the other, which must not order what they do. */
static void
wait_for_turn(unsigned turn)
{
	/* RA1 relaxed: the pool is to order the threads. */
	while (atomic_load_explicit(&scene.turn, memory_order_relaxed) != turn)
		sched_yield();
}

static void
pass_turn(unsigned turn)
{
	/* RA2 relaxed: the pool is to order the threads. */
	atomic_store_explicit(&scene.turn, turn, memory_order_relaxed);
}

static void
write_to(void *object)
{
	*(volatile uint64_t *)object = 1;
}

static void
give(const struct deed *deed)
{
	for (unsigned i = 0; i < N; i++) {
		write_to(scene.loans[i]);
		dp_return(scene.giver, scene.loans[i]);
	}
	dp_worker_park(scene.giver);
	if (deed->at_once)
		write_to(scene.loans[deed->which]);
	pass_turn(1);
	wait_for_turn(2);
	if (deed->later)
		write_to(scene.loans[deed->which]);
}

static bool
is_loan(const void *object)
{
	for (unsigned i = 0; i < N; i++)
		if (scene.loans[i] == object)
			return true;
	return false;
}

static void
take(const struct deed *deed)
{
	wait_for_turn(1);
	if (deed->unasked)
		write_to(scene.loans[deed->which]);
	for (unsigned i = 0; i < N && !deed->unasked; i++) {
		void *object = dp_borrow(scene.taker);

		harness_equal("an object handed over", 1, is_loan(object));
		write_to(object);
	}
	pass_turn(2);
}

static void
work(void *deed, unsigned index)
{
	if (index == 0)
		give(deed);
	else
		take(deed);
}

static void
run(void *deed)
{
	harness_race(2, work, deed);
}

static void
assert_reported(struct deed deed)
{
	struct fate fate = fate_of(run, &deed);
	char where[64];

	fate_says(&fate, "WARNING: ThreadSanitizer: data race");
	snprintf(where, sizeof(where), "Write of size 8 at %p by thread",
		 scene.loans[deed.which]);
	fate_says(&fate, where);
}

static void
writes_after_the_return_are_reported(void **state)
{
	(void)state;
	assert_reported((struct deed){ BY_DEPOT, .at_once = true });
	assert_reported((struct deed){ BY_DEPOT, .later = true });
	assert_reported((struct deed){ BY_PARK, .at_once = true });
	assert_reported((struct deed){ BY_PARK, .later = true });
}

/* So it is the borrow that orders the two threads, and nothing else does. */
static void
use_without_a_borrow_is_reported(void **state)
{
	(void)state;
	assert_reported((struct deed){ BY_DEPOT, .unasked = true });
	assert_reported((struct deed){ BY_PARK, .unasked = true });
}

/* The control: by the depot and from a park. */
static void
hand_over_is_not(void **state)
{
	struct deed none = { 0 };
	struct fate fate = fate_of(run, &none);

	(void)state;
	assert_string_equal(fate.text, "");
	assert_true(WIFEXITED(fate.status) && WEXITSTATUS(fate.status) == 0);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_scene, clear_scene)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(hand_over_is_not),
		EACH(writes_after_the_return_are_reported),
		EACH(use_without_a_borrow_is_reported),
	};

	/* Its workers have nothing from each other. */
	if (strcmp(dp_backend_name(), "none") == 0)
		return 77;
	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
