/* SPDX-License-Identifier: MIT */
/*
 * dp_pool_audit(): clean in every state that correct use leads to, and not when
 * the books are wrong.  They are made wrong, and right again, by misuse that a
 * library with checks would not let pass.
 */
#include <driftpool/pool.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "support/harness.h"

#define M 4

/* Two workers, and objects that are all lent by the first. */
struct scene {
	struct dp_pool *pool;
	struct dp_worker *a, *b;
	void *objects[6 * M];
};

static void
begin(struct scene *scene)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "audit_test";
	config.object_size = 16;
	config.magazine_size = M;
	scene->pool = dp_pool_create(&config);
	scene->a = dp_worker_attach(scene->pool);
	scene->b = dp_worker_attach(scene->pool);
	assert_int_equal(dp_borrow_bulk(scene->a, scene->objects, 6 * M),
			 6 * M);
	assert_int_equal(dp_pool_audit(scene->pool), 0);
}

static void
end(struct scene *scene)
{
	assert_int_equal(dp_pool_audit(scene->pool), 0);
	dp_worker_detach(scene->a);
	dp_worker_detach(scene->b);
	assert_int_equal(dp_pool_audit(scene->pool), 0);
	assert_int_equal(dp_pool_destroy(scene->pool), 0);
}

static void
books_are_clean_wherever_objects_lie(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	for (int i = 0; i < 6 * M; i++) {
		dp_return(i % 3 ? scene.a : scene.b, scene.objects[i]);
		assert_int_equal(dp_pool_audit(scene.pool), 0);
	}
	for (int i = 0; i < 6 * M; i++) {
		scene.objects[i] = dp_borrow(i % 2 ? scene.a : scene.b);
		assert_int_equal(dp_pool_audit(scene.pool), 0);
	}
	dp_return_bulk(scene.b, scene.objects, 6 * M);
	end(&scene);
}

static void
object_twice_in_a_cache_is_found(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	dp_return(scene.a, scene.objects[0]);
	dp_return(scene.a, scene.objects[0]);
	assert_int_equal(dp_pool_audit(scene.pool), -EUCLEAN);
	assert_ptr_equal(dp_borrow(scene.a), scene.objects[0]);
	assert_int_equal(dp_pool_audit(scene.pool), 0);
	dp_return_bulk(scene.a, scene.objects + 1, 6 * M - 1);
	end(&scene);
}

static void
object_in_two_caches_is_found(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	dp_return(scene.a, scene.objects[0]);
	dp_return(scene.b, scene.objects[0]);
	assert_int_equal(dp_pool_audit(scene.pool), -EUCLEAN);
	assert_ptr_equal(dp_borrow(scene.b), scene.objects[0]);
	assert_int_equal(dp_pool_audit(scene.pool), 0);
	dp_return_bulk(scene.a, scene.objects + 1, 6 * M - 1);
	end(&scene);
}

static void
object_in_a_cache_and_in_the_depot_is_found(void **state)
{
	struct scene scene;
	struct dp_stats stats;

	(void)state;
	begin(&scene);
	/* Flushed first: the ones that were returned first. */
	for (int i = 0; i < 3 * M; i++)
		dp_return(scene.a, scene.objects[i]);
	dp_pool_stats(scene.pool, &stats);
	assert_int_equal(stats.flushes, 1);
	dp_return(scene.b, scene.objects[0]);
	assert_int_equal(dp_pool_audit(scene.pool), -EUCLEAN);
	assert_ptr_equal(dp_borrow(scene.b), scene.objects[0]);
	assert_int_equal(dp_pool_audit(scene.pool), 0);
	dp_return_bulk(scene.a, scene.objects + 3 * M, 3 * M);
	end(&scene);
}

static void
more_objects_than_were_constructed_are_found(void **state)
{
	struct scene scene;
	char of_no_pool[16];

	(void)state;
	begin(&scene);
	dp_return_bulk(scene.a, scene.objects, 6 * M);
	dp_return(scene.a, of_no_pool);
	assert_int_equal(dp_pool_audit(scene.pool), -EUCLEAN);
	assert_ptr_equal(dp_borrow(scene.a), of_no_pool);
	end(&scene);
}

int
main(void)
{
	const struct CMUnitTest clean[] = {
		cmocka_unit_test(books_are_clean_wherever_objects_lie),
	};
	const struct CMUnitTest unclean[] = {
		cmocka_unit_test(object_twice_in_a_cache_is_found),
		cmocka_unit_test(object_in_two_caches_is_found),
		cmocka_unit_test(object_in_a_cache_and_in_the_depot_is_found),
		cmocka_unit_test(more_objects_than_were_constructed_are_found),
	};
	int failed = cmocka_run_group_tests(clean, NULL, NULL);

	/* A library with checks ends the program before an audit could. */
	if (!TEST_CHECKED && !harness_is_watched())
		failed += cmocka_run_group_tests(unclean, NULL, NULL);
	return harness_status(failed);
}
