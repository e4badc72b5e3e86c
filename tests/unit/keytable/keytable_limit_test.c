/* SPDX-License-Identifier: MIT */
/* Pools of tables with limits: who gets none, when values are destructed. */
#include <driftpool/keytable.h>

#include <errno.h>

#include "support/harness.h"

/* With magazines of 2, a cache holds 4. */
#define TABLES 10u

static unsigned destructed;

static void
count_one(void *value, struct dp_keytable *table)
{
	(void)value;
	(void)table;
	destructed++;
}

static void
tables_beyond_max_objects_are_refused(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;
	struct dp_keytable *first = NULL, *second = NULL;
	struct dp_key key;
	void *value;

	(void)state;
	config.max_objects = 1;
	struct dp_pool *pool = dp_keytable_pool_create(&config);
	struct dp_worker *worker = dp_worker_attach(pool);

	assert_int_equal(dp_key_create(&key, NULL), 0);
	assert_int_equal(dp_keytable_get(&first, worker, key, &value), 0);
	assert_int_equal(dp_keytable_get(&second, worker, key, &value),
			 -EAGAIN);
	assert_int_equal(dp_keytable_set(&second, worker, key, &key), -EAGAIN);
	assert_null(second);
	assert_int_equal(dp_keytable_end(&first, worker), 0);
	assert_int_equal(dp_keytable_set(&second, worker, key, &key), 0);
	assert_int_equal(dp_keytable_end(&second, worker), 0);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
	assert_int_equal(dp_key_delete(key), 0);
}

/* `none` has no shared pool that could be full. */
static void
values_are_destructed_where_the_depot_is_full(void **state)
{
	struct dp_keytable *tables[TABLES] = { NULL };
	struct dp_config config = DP_CONFIG_INIT;
	struct dp_key key;

	(void)state;
	config.magazine_size = 2;
	config.depot_limit = 1;
	struct dp_pool *pool = dp_keytable_pool_create(&config);
	struct dp_worker *worker = dp_worker_attach(pool);

	destructed = 0;
	assert_int_equal(dp_key_create(&key, count_one), 0);
	for (unsigned i = 0; i < TABLES; i++)
		assert_int_equal(dp_keytable_set(&tables[i], worker, key, &key),
				 0);
	for (unsigned i = 0; i < TABLES; i++)
		assert_int_equal(dp_keytable_end(&tables[i], worker), 0);
	/* 4 in the cache and 2 in the depot stay, at the most. */
	assert_in_range(destructed, TABLES - 6, TABLES - 1);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
	assert_int_equal(destructed, TABLES);
	assert_int_equal(dp_key_delete(key), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_beyond_max_objects_are_refused),
		cmocka_unit_test(values_are_destructed_where_the_depot_is_full),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
