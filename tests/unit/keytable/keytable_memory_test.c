/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out, at each allocation of a fiber's life in turn: the call says
 * so and changes nothing, and succeeds when there is memory again.
 */
#include <driftpool/keytable.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/allocator.h"
#include "support/books.h"
#include "keytable/table.h"

#define M 2
#define N_TABLES (4 * M)

static struct scene {
	struct dp_pool *pool;
	struct dp_worker *worker;
	struct dp_key first, second; /* in different sub-tables */
	unsigned destructed;
	long live; /* blocks, before there was anything */
} scene;

static void
count(void *value, struct dp_keytable *table)
{
	(void)value;
	(void)table;
	scene.destructed++;
}

static int
set_scene(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;
	struct dp_key between[31];

	(void)state;
	scene = (struct scene){ .live = allocator_live() };
	config.magazine_size = M;
	scene.pool = dp_keytable_pool_create(&config);
	scene.worker = dp_worker_attach(scene.pool);
	dp_key_create(&scene.first, count);
	for (int i = 0; i < 31; i++)
		dp_key_create(&between[i], NULL);
	dp_key_create(&scene.second, count);
	for (int i = 0; i < 31; i++)
		dp_key_delete(between[i]);
	return scene.second.index - scene.first.index != 32;
}

static int
clear_scene(void **state)
{
	(void)state;
	allocator_fail(0, 0);
	dp_worker_detach(scene.worker);
	return dp_pool_destroy(scene.pool) || dp_key_delete(scene.first) ||
	       dp_key_delete(scene.second) || allocator_live() != scene.live;
}

static int
set(struct dp_keytable **table, struct dp_key key, void *value)
{
	return dp_keytable_set(table, scene.worker, key, value);
}

static void
table_that_cannot_be_made_is_reported(void **state)
{
	struct dp_keytable *table = NULL;
	struct dp_stats before = books(scene.pool);
	void *value = &value;

	(void)state;
	allocator_fail(1, ALLOCATOR_FOREVER);
	assert_int_equal(
		dp_keytable_get(&table, scene.worker, scene.first, &value),
		-ENOMEM);
	assert_true(allocator_failed());
	assert_null(value);
	assert_null(table);
	assert_int_equal(set(&table, scene.first, &value), -ENOMEM);
	assert_null(table);
	allocator_fail(0, 0);
	struct dp_stats after = books(scene.pool);

	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(set(&table, scene.first, &value), 0);
	assert_int_equal(dp_keytable_end(&table, scene.worker), 0);
}

static void
slots_that_cannot_be_made_are_reported(void **state)
{
	struct dp_keytable *table = NULL;
	void *value = &value;
	int own;

	(void)state;
	assert_int_equal(set(&table, scene.first, &own), 0);
	long live = allocator_live();

	allocator_fail(1, ALLOCATOR_FOREVER);
	assert_int_equal(set(&table, scene.second, &own), -ENOMEM);
	assert_true(allocator_failed());
	/* What takes no memory goes on. */
	assert_int_equal(set(&table, scene.second, NULL), 0);
	assert_int_equal(
		dp_keytable_get(&table, scene.worker, scene.second, &value), 0);
	assert_null(value);
	assert_int_equal(
		dp_keytable_get(&table, scene.worker, scene.first, &value), 0);
	assert_ptr_equal(value, &own);
	allocator_fail(0, 0);
	assert_int_equal(allocator_live(), live);
	assert_int_equal(set(&table, scene.second, &own), 0);
	assert_int_equal(dp_keytable_end(&table, scene.worker), 0);
	assert_int_equal(scene.destructed, 0);
}

/* Memory that is like slots of a key's, with a value that is none. */
static void
new_slots_are_empty_whatever_was_in_their_memory(void **state)
{
	struct dp_key fresh = { 0, 0 };
	struct dp_keytable *table = NULL;
	void *value = &value;
	int own;

	(void)state;
	/* In the sub-table of the first key, made when that is set. */
	assert_int_equal(dp_key_create(&fresh, count), 0);
	assert_int_equal(fresh.index / SUB_SLOTS,
			 scene.first.index / SUB_SLOTS);
	const struct slot slot = { fresh.version, 1, &scene };
	struct slot seen[2];

	allocator_fill(&slot, sizeof(slot));
	void *memory;

	assert_int_equal(posix_memalign(&memory, 64, sizeof(seen)), 0);
	memcpy(seen, memory, sizeof(seen));
	free(memory);
	assert_ptr_equal(seen[1].value, &scene);
	assert_int_equal(set(&table, scene.first, &own), 0);
	allocator_fill(NULL, 0);
	assert_int_equal(dp_keytable_get(&table, scene.worker, fresh, &value),
			 0);
	assert_null(value);
	assert_int_equal(dp_keytable_end(&table, scene.worker), 0);
	/* What is given up has one value, and no other. */
	dp_worker_detach(scene.worker);
	scene.worker = NULL;
	assert_int_equal(dp_pool_destroy(scene.pool), 0);
	scene.pool = NULL;
	assert_int_equal(scene.destructed, 1);
	assert_int_equal(dp_key_delete(fresh), 0);
}

/* An end cannot fail: without memory to keep the table, it is given up. */
static void
table_that_cannot_be_kept_is_destructed(void **state)
{
	struct dp_keytable *tables[N_TABLES] = { NULL };
	int own;

	(void)state;
	for (int i = 0; i < N_TABLES; i++)
		assert_int_equal(set(&tables[i], scene.first, &own), 0);
	allocator_fail(1, ALLOCATOR_FOREVER);
	for (int i = 0; i < N_TABLES; i++)
		assert_int_equal(dp_keytable_end(&tables[i], scene.worker), 0);
	assert_true(allocator_failed());
	allocator_fail(0, 0);
	struct dp_stats stats = balanced_stats(scene.pool);

	assert_int_equal(stats.in_use, 0);
	assert_int_equal(stats.destructed, N_TABLES - 2 * M);
	assert_int_equal(scene.destructed, N_TABLES - 2 * M);
}

static void
pool_that_cannot_be_made_leaves_nothing(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;
	long live = allocator_live();
	struct dp_pool *pool = NULL;

	(void)state;
	for (unsigned long n = 1; !pool; n++) {
		assert_true(n < 1000);
		allocator_fail(n, ALLOCATOR_FOREVER);
		errno = 0;
		pool = dp_keytable_pool_create(&config);
		if (!pool) {
			assert_int_equal(errno, ENOMEM);
			assert_int_equal(allocator_live(), live);
		}
	}
	allocator_fail(0, 0);
	assert_int_equal(dp_pool_destroy(pool), 0);
	assert_int_equal(allocator_live(), live);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_scene, clear_scene)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(table_that_cannot_be_made_is_reported),
		EACH(slots_that_cannot_be_made_are_reported),
		EACH(new_slots_are_empty_whatever_was_in_their_memory),
		EACH(table_that_cannot_be_kept_is_destructed),
		EACH(pool_that_cannot_be_made_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
