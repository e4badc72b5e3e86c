/* SPDX-License-Identifier: MIT */
/*
 * What waits from dp_fork_prepare() to dp_fork_parent() and what does not: the
 * former is what a child finds whole.  No process forks here.
 *
 * That something waits is seen by its not being done after some turns of the
 * scheduler: it is never seen wrongly, and seldom missed.
 */
#include <driftpool/pool.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "shared/backend.h"
#include "support/harness.h"

#define M 4
#define N_OBJECTS (100 * M)
#define N_TURNS 1000

/* A thread that does one thing. */
struct actor {
	void (*act)(struct actor *actor);
	struct dp_pool *pool, *other_pool;
	struct dp_worker *worker, *other;
	void *objects[N_OBJECTS];
	_Atomic bool asked, done;
};

static void
raise_flag(_Atomic bool *flag)
{
	/* PR1 release: pairs with PR2.  Publishes what came before. */
	atomic_store_explicit(flag, true, memory_order_release);
}

static bool
is_raised(_Atomic bool *flag)
{
	/* PR2 acquire: pairs with PR1. */
	return atomic_load_explicit(flag, memory_order_acquire);
}

static struct dp_pool *
create(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "prepare_test";
	config.object_size = 8;
	config.magazine_size = M;
	return dp_pool_create(&config);
}

static void *
run(void *arg)
{
	struct actor *actor = arg;

	if (actor->worker)
		dp_worker_bind(actor->worker);
	raise_flag(&actor->asked);
	actor->act(actor);
	raise_flag(&actor->done);
	return NULL;
}

/* A pool, and a worker with all objects lent; slots for one more worker. */
static void
begin(struct actor *actor, void (*act)(struct actor *actor))
{
	memset(actor, 0, sizeof(*actor));
	actor->act = act;
	actor->pool = create();
	actor->worker = dp_worker_attach(actor->pool);
	dp_worker_detach(dp_worker_attach(actor->pool));
	assert_int_equal(
		dp_borrow_bulk(actor->worker, actor->objects, N_OBJECTS),
		N_OBJECTS);
}

static void
end(struct actor *actor)
{
	struct dp_stats stats;

	if (!actor->worker)
		actor->worker = dp_worker_attach(actor->pool);
	dp_worker_bind(actor->worker);
	dp_pool_stats(actor->pool, &stats);
	if (stats.in_use > 0)
		dp_return_bulk(actor->worker, actor->objects, N_OBJECTS);
	dp_worker_detach(actor->worker);
	if (actor->other)
		dp_worker_bind(actor->other);
	dp_worker_detach(actor->other);
	assert_int_equal(dp_pool_destroy(actor->pool), 0);
	assert_int_equal(dp_pool_destroy(actor->other_pool), 0);
}

/* Is it done before the locks are released? */
static bool
is_done_meanwhile(struct actor *actor)
{
	pthread_t thread;

	dp_fork_prepare();
	assert_int_equal(pthread_create(&thread, NULL, run, actor), 0);
	/* Ends: the thread asks, however late. */
	while (!is_raised(&actor->asked))
		sched_yield();
	for (int turn = 0; turn < N_TURNS && !is_raised(&actor->done); turn++)
		sched_yield();
	bool done = is_raised(&actor->done);

	dp_fork_parent();
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(is_raised(&actor->done));
	return done;
}

static void
assert_waits(void (*act)(struct actor *actor))
{
	struct actor actor;

	begin(&actor, act);
	assert_false(is_done_meanwhile(&actor));
	end(&actor);
}

static void
attach(struct actor *actor)
{
	actor->other = dp_worker_attach(actor->pool);
}

static void
attach_waits(void **state)
{
	(void)state;
	assert_waits(attach);
}

static void
detach(struct actor *actor)
{
	dp_worker_detach(actor->worker);
	actor->worker = NULL;
}

static void
detach_waits(void **state)
{
	(void)state;
	assert_waits(detach);
}

static void
create_other(struct actor *actor)
{
	actor->other_pool = create();
}

static void
create_waits(void **state)
{
	(void)state;
	assert_waits(create_other);
}

/* Wants many a magazine that was not there before. */
static void
return_all(struct actor *actor)
{
	dp_return_bulk(actor->worker, actor->objects, N_OBJECTS);
}

static void
return_that_makes_magazines_waits(void **state)
{
	(void)state;
	assert_waits(return_all);
}

/* Through the shared pool and back, with magazines that are there. */
static void
exchange(struct actor *actor)
{
	for (int turn = 0; turn < 3; turn++) {
		dp_borrow_bulk(actor->worker, actor->objects, N_OBJECTS);
		dp_return_bulk(actor->worker, actor->objects, N_OBJECTS);
	}
}

static void
exchange_waits_with_a_lock_and_with_checks_only(void **state)
{
	bool locks = TEST_CHECKED || dp__backend_waits;
	struct actor actor;
	bool done;

	(void)state;
	/*
	 * One look may come too soon, so it looks again.  If it did wait where
	 * it must not, this would not end but by the test's time limit.
	 */
	do {
		begin(&actor, exchange);
		dp_return_bulk(actor.worker, actor.objects, N_OBJECTS);
		done = is_done_meanwhile(&actor);
		end(&actor);
	} while (!done && !locks);
	assert_int_equal(done, !locks);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attach_waits),
		cmocka_unit_test(detach_waits),
		cmocka_unit_test(create_waits),
		cmocka_unit_test(return_that_makes_magazines_waits),
		cmocka_unit_test(
			exchange_waits_with_a_lock_and_with_checks_only),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
