/* SPDX-License-Identifier: MIT */
/*
 * fork() while workers are parked, the forking thread's own and one of a thread
 * that the child lacks: what they left can be had there, and is as it was here.
 */
#include <driftpool/pool.h>

#include <errno.h>
#include <pthread.h>

#include "support/books.h"
#include "support/child.h"

#define M 4u
#define CACHE (2 * M)

/* The pool and its two workers, whose caches are full. */
struct scene {
	pthread_barrier_t step;
	struct dp_pool *pool;
	struct dp_worker *own;
};

static void
fill_and_park(struct dp_worker *worker)
{
	void *objects[CACHE];

	harness_equal("borrowed", CACHE,
		      dp_borrow_bulk(worker, objects, CACHE));
	dp_return_bulk(worker, objects, CACHE);
	dp_worker_park(worker);
}

static void *
park_and_wait(void *arg)
{
	struct scene *scene = arg;
	struct dp_worker *worker = dp_worker_attach(scene->pool);

	fill_and_park(worker);
	pthread_barrier_wait(&scene->step);
	pthread_barrier_wait(&scene->step);
	dp_worker_detach(worker);
	return NULL;
}

static uint64_t
cached(struct dp_pool *pool)
{
	struct dp_stats stats;

	dp_pool_stats(pool, &stats);
	return stats.cached;
}

static void
take_over(void *arg)
{
	struct scene *scene = arg;
	size_t all = 2 * CACHE;

	harness_equal("trimmed", leaks() ? 0 : all,
		      dp_pool_trim(scene->pool, 0));
	harness_equal("cached", leaks() ? all : 0, cached(scene->pool));
	fill_and_park(scene->own);
	dp_worker_detach(scene->own);
	harness_equal("audit", 0, (uint64_t)dp_pool_audit(scene->pool));
	/* The other worker is still attached. */
	harness_equal("destroy", (uint64_t)-EBUSY,
		      (uint64_t)dp_pool_destroy(scene->pool));
}

static void
what_parked_workers_left_can_be_had_in_the_child(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;
	struct scene scene;
	pthread_t thread;

	(void)state;
	config.object_size = 40;
	config.magazine_size = M;
	scene.pool = dp_pool_create(&config);
	scene.own = dp_worker_attach(scene.pool);
	fill_and_park(scene.own);
	pthread_barrier_init(&scene.step, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, park_and_wait, &scene),
			 0);
	pthread_barrier_wait(&scene.step);
	assert_int_equal(child_run(take_over, &scene), 0);
	assert_int_equal(cached(scene.pool), 2 * CACHE);
	fill_and_park(scene.own);
	assert_int_equal(balanced_stats(scene.pool).constructed, 2 * CACHE);
	pthread_barrier_wait(&scene.step);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_barrier_destroy(&scene.step);
	dp_worker_detach(scene.own);
	assert_int_equal(dp_pool_destroy(scene.pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_parked_workers_left_can_be_had_in_the_child),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
