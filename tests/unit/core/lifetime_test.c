/* SPDX-License-Identifier: MIT */
/*
 * Threads and pools that do not end together: many pools a thread, pools that
 * go before the thread does, another pool at the same address, and destructors
 * of the application's own that use the pool while the thread ends.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "support/tally.h"

#define M 4
#define N_POOLS 40
#define N_GENERATIONS 200

/* An object that knows the pool it was constructed for. */
static int
construct(void *object, void *arg)
{
	memcpy(object, &arg, sizeof(arg));
	return 0;
}

static struct dp_pool *
create(void *arg)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "lifetime_test";
	config.object_size = sizeof(arg);
	config.magazine_size = M;
	config.construct = construct;
	config.arg = arg;
	return dp_pool_create(&config);
}

static uint64_t
workers(struct dp_pool *pool)
{
	struct dp_stats stats;

	dp_pool_stats(pool, &stats);
	return stats.workers;
}

/* A borrow and a return on the thread's own worker; it is of this pool. */
static void
visit(struct dp_pool *pool, void *arg)
{
	void **object = dp_pool_borrow(pool);

	harness_equal("pool of an object", (uintptr_t)arg, (uintptr_t)*object);
	dp_pool_return(pool, object);
}

/* --- Many pools ---------------------------------------------------------- */

static void *
visit_all(void *arg)
{
	struct dp_pool **pools = arg;

	for (int turn = 0; turn < 3; turn++)
		for (int i = 0; i < N_POOLS; i++)
			visit(pools[i], &pools[i]);
	for (int i = 0; i < N_POOLS; i++)
		harness_equal("workers of a pool", 1, workers(pools[i]));
	/* Every third one is given up before the end. */
	for (int i = 0; i < N_POOLS; i += 3)
		dp_thread_detach(pools[i]);
	for (int i = 0; i < N_POOLS; i++)
		harness_equal("workers left", i % 3 != 0, workers(pools[i]));
	visit(pools[0], &pools[0]);
	return NULL;
}

static void
thread_has_a_worker_for_each_of_many_pools(void **state)
{
	struct dp_pool *pools[N_POOLS];
	pthread_t thread;

	(void)state;
	for (int i = 0; i < N_POOLS; i++)
		pools[i] = create(&pools[i]);
	assert_int_equal(pthread_create(&thread, NULL, visit_all, pools), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (int i = 0; i < N_POOLS; i++) {
		assert_int_equal(workers(pools[i]), 0);
		assert_int_equal(dp_pool_audit(pools[i]), 0);
		assert_int_equal(dp_pool_destroy(pools[i]), 0);
	}
}

/* --- Pools that go ------------------------------------------------------- */

static void
pool_at_the_address_of_a_destroyed_one_is_another_pool(void **state)
{
	char generations[N_GENERATIONS];

	(void)state;
	for (int i = 0; i < N_GENERATIONS; i++) {
		struct dp_pool *pool = create(&generations[i]);

		visit(pool, &generations[i]);
		assert_int_equal(workers(pool), 1);
		assert_int_equal(dp_pool_destroy(pool), 0);
	}
}

/* The main thread and a guest take turns, at a barrier of two. */
struct relay {
	pthread_barrier_t turn;
	struct dp_pool *pool;
	char generations[N_GENERATIONS];
};

static void *
visit_each_generation(void *arg)
{
	struct relay *relay = arg;

	for (int i = 0; i < N_GENERATIONS; i++) {
		pthread_barrier_wait(&relay->turn);
		visit(relay->pool, &relay->generations[i]);
		harness_equal("workers of a new pool", 1, workers(relay->pool));
		dp_thread_detach(relay->pool);
		pthread_barrier_wait(&relay->turn);
	}
	/* It ends after all of its pools. */
	pthread_barrier_wait(&relay->turn);
	return NULL;
}

static void
thread_outlives_pools_that_others_destroy(void **state)
{
	struct relay relay;
	pthread_t thread;

	(void)state;
	pthread_barrier_init(&relay.turn, NULL, 2);
	assert_int_equal(
		pthread_create(&thread, NULL, visit_each_generation, &relay),
		0);
	for (int i = 0; i < N_GENERATIONS; i++) {
		relay.pool = create(&relay.generations[i]);
		pthread_barrier_wait(&relay.turn);
		pthread_barrier_wait(&relay.turn);
		assert_int_equal(dp_pool_destroy(relay.pool), 0);
	}
	pthread_barrier_wait(&relay.turn);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_barrier_destroy(&relay.turn);
}

static void *
visit_and_wait(void *arg)
{
	struct relay *relay = arg;

	visit(relay->pool, relay);
	pthread_barrier_wait(&relay->turn);
	pthread_barrier_wait(&relay->turn);
	return NULL;
}

static void
pool_is_busy_until_the_last_thread_that_used_it_ends(void **state)
{
	struct relay relay;
	pthread_t thread;

	(void)state;
	pthread_barrier_init(&relay.turn, NULL, 2);
	relay.pool = create(&relay);
	assert_int_equal(pthread_create(&thread, NULL, visit_and_wait, &relay),
			 0);
	pthread_barrier_wait(&relay.turn);
	assert_int_equal(dp_pool_destroy(relay.pool), -EBUSY);
	pthread_barrier_wait(&relay.turn);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(dp_pool_destroy(relay.pool), 0);
	pthread_barrier_destroy(&relay.turn);
}

/* --- Destructors of the application's ------------------------------------ */

/* Made before, and after, the library first used a key of its own. */
static pthread_key_t early_key, late_key;

/* What a destructor of the application's saw and did. */
struct farewell {
	struct dp_pool *pool;
	pthread_key_t key;
	uint64_t workers_seen;
	int calls;
};

static void
say_farewell(void *value)
{
	struct farewell *farewell = value;

	farewell->calls++;
	farewell->workers_seen = workers(farewell->pool);
	visit(farewell->pool, farewell);
}

static void *
visit_with_farewell(void *arg)
{
	struct farewell *farewell = arg;

	pthread_setspecific(farewell->key, farewell);
	visit(farewell->pool, farewell);
	return NULL;
}

/* Returns how many workers the destructor found: 0 after the donation. */
static uint64_t
run_farewell(pthread_key_t key)
{
	struct farewell farewell = { .key = key };
	struct dp_stats stats;
	pthread_t thread;

	farewell.pool = create(&farewell);
	assert_int_equal(
		pthread_create(&thread, NULL, visit_with_farewell, &farewell),
		0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(farewell.calls, 1);
	dp_pool_stats(farewell.pool, &stats);
	assert_int_equal(stats.workers, 0);
	assert_int_equal(stats.in_use, 0);
	assert_int_equal(dp_pool_audit(farewell.pool), 0);
	assert_int_equal(dp_pool_destroy(farewell.pool), 0);
	return farewell.workers_seen;
}

static void
destructor_of_the_application_may_use_the_pool_after_the_donation(void **state)
{
	(void)state;
	uint64_t seen_early = run_farewell(early_key);
	uint64_t seen_late = run_farewell(late_key);

	/* Else none of the two ran after the donation. */
	assert_true(seen_early == 0 || seen_late == 0);
}

/* --- While a pool is destroyed ------------------------------------------- */

static struct dp_pool *going;
static unsigned n_refused;

/* A destructor that tries to use the pool that is being destroyed. */
static void
use_what_goes(void *object, void *arg)
{
	(void)object;
	(void)arg;
	if (!dp_worker_attach(going) && errno == ESHUTDOWN)
		n_refused++;
	if (!dp_pool_borrow(going) && errno == ESHUTDOWN)
		n_refused++;
}

static void
nothing_attaches_to_a_pool_that_is_being_destroyed(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.object_size = 1;
	config.destruct = use_what_goes;
	going = dp_pool_create(&config);
	assert_non_null(going);
	for (int i = 0; i < N_POOLS; i++) {
		void *object = dp_pool_borrow(going);

		assert_non_null(object);
		dp_pool_return(going, object);
	}
	n_refused = 0;
	assert_int_equal(dp_pool_destroy(going), 0);
	assert_int_equal(n_refused, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thread_has_a_worker_for_each_of_many_pools),
		cmocka_unit_test(
			pool_at_the_address_of_a_destroyed_one_is_another_pool),
		cmocka_unit_test(thread_outlives_pools_that_others_destroy),
		cmocka_unit_test(
			pool_is_busy_until_the_last_thread_that_used_it_ends),
		cmocka_unit_test(
			nothing_attaches_to_a_pool_that_is_being_destroyed),
		cmocka_unit_test(
			destructor_of_the_application_may_use_the_pool_after_the_donation),
	};

	pthread_key_create(&early_key, say_farewell);
	struct dp_pool *pool = create(&early_key);

	visit(pool, &early_key);
	pthread_key_create(&late_key, say_farewell);
	if (dp_pool_destroy(pool) != 0)
		return 1;
	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
