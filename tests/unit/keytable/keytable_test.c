/* SPDX-License-Identifier: MIT */
/*
 * Tables of values: borrowed at the first use, returned with what is in them,
 * and whose the values are that one fiber leaves and the next one finds.
 */
#include <driftpool/keytable.h>

#include <errno.h>

#include "support/books.h"
#include "support/harness.h"

#define M 4

static struct scene {
	struct dp_pool *pool;
	struct dp_worker *worker;
	struct dp_key key; /* its destructor counts */
	unsigned destructed;
	void *last; /* destructed */
} scene;

static void
count(void *value, struct dp_keytable *table)
{
	assert_non_null(value);
	assert_non_null(table);
	scene.destructed++;
	scene.last = value;
}

static struct dp_pool *
create(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "keytable_test";
	config.magazine_size = M;
	return dp_keytable_pool_create(&config);
}

static int
set_scene(void **state)
{
	(void)state;
	scene = (struct scene){ .pool = create() };
	scene.worker = dp_worker_attach(scene.pool);
	return dp_key_create(&scene.key, count);
}

static int
clear_scene(void **state)
{
	(void)state;
	dp_worker_detach(scene.worker);
	return dp_pool_destroy(scene.pool) || dp_key_delete(scene.key);
}

static void *
get(struct dp_keytable **table)
{
	void *value = &value;

	assert_int_equal(
		dp_keytable_get(table, scene.worker, scene.key, &value), 0);
	return value;
}

static void
set(struct dp_keytable **table, void *value)
{
	assert_int_equal(dp_keytable_set(table, scene.worker, scene.key, value),
			 0);
}

static void
end(struct dp_keytable **table)
{
	assert_int_equal(dp_keytable_end(table, scene.worker), 0);
	assert_null(*table);
}

/* --- Borrowing ----------------------------------------------------------- */

static uint64_t
in_use(void)
{
	return balanced_stats(scene.pool).in_use;
}

static uint64_t
constructed(void)
{
	return balanced_stats(scene.pool).constructed;
}

static void
first_get_or_set_borrows_and_end_returns(void **state)
{
	struct dp_keytable *got = NULL;
	struct dp_keytable *set_to = NULL;
	int value;

	(void)state;
	assert_int_equal(in_use(), 0);
	assert_null(get(&got));
	assert_int_equal(in_use(), 1);
	set(&set_to, &value);
	assert_int_equal(in_use(), 2);
	assert_ptr_equal(get(&set_to), &value);
	assert_null(get(&got));
	assert_int_equal(in_use(), 2);
	end(&got);
	end(&set_to);
	assert_int_equal(in_use(), 0);
	/* Without a table there is nothing to return. */
	end(&got);
	assert_int_equal(in_use(), 0);
}

/* Where only gets borrow, each of these makes a table. */
static void
fibers_that_only_set_share_one_table(void **state)
{
	int value;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct dp_keytable *table = NULL;

		set(&table, &value);
		end(&table);
	}
	assert_int_equal(constructed(), 1);
	/* All but the last were inherited, and not read. */
	assert_int_equal(scene.destructed, 999);
}

static void
table_comes_back_on_another_worker(void **state)
{
	struct dp_worker *other = dp_worker_attach(scene.pool);
	struct dp_keytable *table = NULL;
	int value;

	(void)state;
	set(&table, &value);
	assert_int_equal(dp_keytable_end(&table, other), 0);
	assert_int_equal(dp_keytable_set(&table, other, scene.key, NULL), 0);
	assert_int_equal(constructed(), 1);
	assert_int_equal(dp_keytable_end(&table, scene.worker), 0);
	dp_worker_detach(other);
}

static void
reserved_tables_are_lent(void **state)
{
	struct dp_keytable *table = NULL;

	(void)state;
	assert_int_equal(dp_pool_reserve(scene.pool, M),
			 leaks() ? -ENOTSUP : 0);
	assert_null(get(&table));
	assert_int_equal(constructed(), leaks() ? 1 : M);
	end(&table);
}

/* --- Whose a value is ---------------------------------------------------- */

static void
next_fiber_finds_what_the_last_one_left(void **state)
{
	struct dp_keytable *table = NULL;
	int value;

	(void)state;
	set(&table, &value);
	end(&table);
	assert_ptr_equal(get(&table), &value);
	end(&table);
	assert_int_equal(scene.destructed, 0);
}

static void
inherited_value_is_destructed_before_it_is_replaced(void **state)
{
	struct dp_keytable *table = NULL;
	int first, second;

	(void)state;
	set(&table, &first);
	end(&table);
	set(&table, &second);
	assert_int_equal(scene.destructed, 1);
	assert_ptr_equal(scene.last, &first);
	assert_ptr_equal(get(&table), &second);
	end(&table);
	/* The same when it is only taken away. */
	set(&table, NULL);
	assert_int_equal(scene.destructed, 2);
	assert_ptr_equal(scene.last, &second);
	assert_null(get(&table));
	end(&table);
}

static void
value_that_the_fiber_read_or_set_is_its_own(void **state)
{
	struct dp_keytable *table = NULL;
	int first, second;

	(void)state;
	set(&table, &first);
	set(&table, &second);
	set(&table, NULL);
	set(&table, &first);
	assert_int_equal(scene.destructed, 0);
	end(&table);
	assert_ptr_equal(get(&table), &first);
	set(&table, &second);
	assert_int_equal(scene.destructed, 0);
	end(&table);
	/* What it read in an earlier life, it did not read in this one. */
	set(&table, NULL);
	assert_int_equal(scene.destructed, 1);
	end(&table);
}

static void
value_without_destructor_is_forgotten(void **state)
{
	struct dp_keytable *table = NULL;
	struct dp_key key;
	void *got;
	int value;

	(void)state;
	assert_int_equal(dp_key_create(&key, NULL), 0);
	dp_keytable_set(&table, scene.worker, key, &value);
	end(&table);
	assert_int_equal(dp_keytable_set(&table, scene.worker, key, &table), 0);
	dp_keytable_get(&table, scene.worker, key, &got);
	assert_ptr_equal(got, &table);
	end(&table);
	assert_int_equal(dp_key_delete(key), 0);
}

static void
value_of_a_deleted_key_is_forgotten(void **state)
{
	struct dp_keytable *table = NULL;
	struct dp_key key;
	int value;

	(void)state;
	assert_int_equal(dp_key_create(&key, count), 0);
	dp_keytable_set(&table, scene.worker, key, &value);
	end(&table);
	assert_int_equal(dp_key_delete(key), 0);
	dp_worker_detach(scene.worker);
	dp_pool_trim(scene.pool, 0);
	scene.worker = dp_worker_attach(scene.pool);
	assert_int_equal(scene.destructed, 0);
}

/* --- Errors -------------------------------------------------------------- */

static void
pool_takes_a_plain_configuration_only(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;
	int arg;

	(void)state;
	assert_null(dp_keytable_pool_create(NULL));
	assert_int_equal(errno, EINVAL);
	config.object_size = 64;
	assert_null(dp_keytable_pool_create(&config));
	config.object_size = 0;
	config.object_align = 64;
	assert_null(dp_keytable_pool_create(&config));
	config.object_align = 16;
	config.arg = &arg;
	assert_null(dp_keytable_pool_create(&config));
	config.arg = NULL;
	config.magazine_size = 1;
	errno = 0;
	assert_null(dp_keytable_pool_create(&config));
	assert_int_equal(errno, EINVAL);
	config.magazine_size = M;
	config.size = DP_CONFIG_BYTES_MAX + 1;
	assert_null(dp_keytable_pool_create(&config));
}

static void
newer_configuration_is_for_the_pool_to_judge(void **state)
{
	struct {
		struct dp_config config;
		uint64_t more; /* leaves no padding */
	} newer = { DP_CONFIG_INIT, 0 };

	(void)state;
	newer.config.size = sizeof(newer);
	struct dp_pool *pool = dp_keytable_pool_create(&newer.config);

	assert_non_null(pool);
	assert_int_equal(dp_pool_destroy(pool), 0);
	newer.more = 1;
	assert_null(dp_keytable_pool_create(&newer.config));
	assert_int_equal(errno, E2BIG);
}

static void
foreign_tables_and_pools_are_refused(void **state)
{
	struct dp_pool *other = create();
	struct dp_worker *worker = dp_worker_attach(other);
	struct dp_keytable *table = NULL;
	struct dp_config config = DP_CONFIG_INIT;
	void *value = &value;

	(void)state;
	assert_null(get(&table));
	assert_int_equal(dp_keytable_get(&table, worker, scene.key, &value),
			 -EINVAL);
	assert_null(value);
	assert_int_equal(dp_keytable_set(&table, worker, scene.key, &value),
			 -EINVAL);
	assert_int_equal(dp_keytable_end(&table, worker), -EINVAL);
	assert_int_equal(dp_keytable_end(&table, NULL), -EINVAL);
	assert_non_null(table);
	end(&table);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(other), 0);
	/* A pool of something else. */
	config.object_size = 4096;
	other = dp_pool_create(&config);
	worker = dp_worker_attach(other);
	assert_int_equal(dp_keytable_set(&table, worker, scene.key, &value),
			 -EINVAL);
	assert_null(table);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(other), 0);
	/* No worker, and nothing lent. */
	assert_int_equal(dp_keytable_set(&table, NULL, scene.key, &value),
			 -EINVAL);
}

static void
table_that_was_ended_is_refused(void **state)
{
	struct dp_keytable *table = NULL;

	(void)state;
	if (harness_is_watched())
		skip();
	assert_null(get(&table));
	struct dp_keytable *copy = table;
	void *value;

	end(&table);
	assert_int_equal(dp_keytable_end(&copy, scene.worker), -EINVAL);
	assert_int_equal(dp_keytable_get(&copy, NULL, scene.key, &value),
			 -EINVAL);
	assert_int_equal(dp_keytable_set(&copy, scene.worker, scene.key, NULL),
			 -EINVAL);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_scene, clear_scene)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(first_get_or_set_borrows_and_end_returns),
		EACH(fibers_that_only_set_share_one_table),
		EACH(table_comes_back_on_another_worker),
		EACH(reserved_tables_are_lent),
		EACH(next_fiber_finds_what_the_last_one_left),
		EACH(inherited_value_is_destructed_before_it_is_replaced),
		EACH(value_that_the_fiber_read_or_set_is_its_own),
		EACH(value_without_destructor_is_forgotten),
		EACH(value_of_a_deleted_key_is_forgotten),
		EACH(pool_takes_a_plain_configuration_only),
		EACH(newer_configuration_is_for_the_pool_to_judge),
		EACH(foreign_tables_and_pools_are_refused),
		EACH(table_that_was_ended_is_refused),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
