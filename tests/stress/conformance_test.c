/* SPDX-License-Identifier: MIT */
/*
 * What a pool of tables must do that others did not: lose none, count them
 * all, destruct when and only when they are given up, give memory back.  With
 * the backend `none` those claims that rest on sharing must fail.
 */
#include <driftpool/keytable.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/books.h"
#include "support/harness.h"

#define M 8
#define WORKERS 4
#define TABLES 20000

/* A value knows that it was destructed.  The test's thread's. */
struct value {
	bool seen;
	bool destructed;
};

static struct scene {
	struct dp_pool *pool;
	struct dp_worker *workers[WORKERS];
	struct dp_key key;
	size_t made, destructed;
	int status; /* of attaching in a destructor */
} scene;

static struct value values[2 * TABLES];
static struct dp_keytable *tables[TABLES];

static void
destruct(void *memory, struct dp_keytable *table)
{
	struct value *value = memory;

	(void)table;
	assert_false(value->destructed);
	value->destructed = true;
	scene.destructed++;
}

static int
set_scene(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	scene = (struct scene){ .made = 0 };
	memset(values, 0, sizeof(values));
	memset(tables, 0, sizeof(tables));
	config.name = "conformance_test";
	config.magazine_size = M;
	scene.pool = dp_keytable_pool_create(&config);
	for (int i = 0; i < WORKERS; i++)
		scene.workers[i] = dp_worker_attach(scene.pool);
	return dp_key_create(&scene.key, destruct);
}

static void
detach(int from)
{
	for (int i = from; i < WORKERS; i++) {
		dp_worker_detach(scene.workers[i]);
		scene.workers[i] = NULL;
	}
}

/* Whatever the test was, at the end no value and no table is left. */
static int
clear_scene(void **state)
{
	(void)state;
	detach(0);
	if (scene.pool)
		assert_int_equal(dp_pool_destroy(scene.pool), 0);
	assert_int_equal(scene.destructed, scene.made);
	return dp_key_delete(scene.key);
}

/* The i-th fiber gets its value; one that finds none makes one. */
static struct value *
begin_fiber(int i, struct dp_worker *worker)
{
	void *value;

	assert_int_equal(dp_keytable_get(&tables[i], worker, scene.key, &value),
			 0);
	if (!value) {
		assert_true(scene.made < 2 * TABLES);
		value = &values[scene.made++];
		assert_int_equal(
			dp_keytable_set(&tables[i], worker, scene.key, value),
			0);
	}
	return value;
}

static void
end_fiber(int i, struct dp_worker *worker)
{
	assert_int_equal(dp_keytable_end(&tables[i], worker), 0);
}

/* --- Conservation -------------------------------------------------------- */

/* How many different values of before n fibers find that begin on a worker. */
static size_t
found_by(int n, struct dp_worker *worker)
{
	size_t made = scene.made;
	size_t found = 0;

	for (int i = 0; i < n; i++) {
		struct value *value = begin_fiber(i, worker);

		assert_false(value->seen);
		value->seen = true;
		found += value < &values[made];
	}
	return found;
}

static void
tables_returned_on_one_worker_all_come_back(void **state)
{
	(void)state;
	for (int i = 0; i < TABLES; i++)
		begin_fiber(i, scene.workers[0]);
	for (int i = 0; i < TABLES; i++)
		end_fiber(i, scene.workers[0]);
	assert_int_equal(scene.made, TABLES);
	assert_int_equal(found_by(TABLES, scene.workers[0]), TABLES);
	for (int i = 0; i < TABLES; i++)
		end_fiber(i, scene.workers[0]);
}

static void
tables_returned_on_all_workers_all_come_back(void **state)
{
	const int n = TABLES / 2;

	(void)state;
	for (int i = 0; i < n; i++)
		begin_fiber(i, scene.workers[i % WORKERS]);
	for (int i = 0; i < n; i++)
		end_fiber(i, scene.workers[(i / 3) % WORKERS]);
	detach(1);
	size_t found = found_by(n, scene.workers[0]);

	if (leaks())
		assert_true(found < (size_t)n);
	else
		assert_int_equal(found, n);
	for (int i = 0; i < n; i++)
		end_fiber(i, scene.workers[0]);
}

static void
books_balance_at_rest(void **state)
{
	(void)state;
	for (int turn = 0; turn < 10; turn++) {
		for (int i = 0; i < 1000; i++)
			begin_fiber(i, scene.workers[i % WORKERS]);
		for (int i = 0; i < 900; i++)
			end_fiber(i, scene.workers[i % 7 % WORKERS]);
		/* Caches are counted: nothing is between the places. */
		struct dp_stats stats = balanced_stats(scene.pool);

		assert_int_equal(stats.in_use, 100);
		assert_int_equal(stats.constructed, scene.made);
		for (int i = 900; i < 1000; i++)
			end_fiber(i, scene.workers[0]);
		assert_int_equal(balanced_stats(scene.pool).in_use, 0);
	}
}

/* --- Destructors and destroy --------------------------------------------- */

static void
nothing_is_destructed_before_destroy_and_all_by_it(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		begin_fiber(i, scene.workers[i % WORKERS]);
	for (int i = 0; i < 1000; i++)
		end_fiber(i, scene.workers[(i + 1) % WORKERS]);
	assert_int_equal(scene.destructed, 0);
	detach(0);
	assert_int_equal(scene.destructed, 0);
	assert_int_equal(dp_pool_destroy(scene.pool), 0);
	scene.pool = NULL;
	assert_int_equal(scene.destructed, scene.made);
}

/* A return cannot come after destroy: as long as one may, it is refused. */
static void
destroy_waits_for_the_last_table(void **state)
{
	(void)state;
	begin_fiber(0, scene.workers[0]);
	begin_fiber(1, scene.workers[1]);
	assert_int_equal(dp_pool_destroy(scene.pool), -EBUSY);
	end_fiber(0, scene.workers[0]);
	detach(1);
	assert_int_equal(dp_pool_destroy(scene.pool), -EBUSY);
	/* All goes on as before. */
	begin_fiber(0, scene.workers[0]);
	end_fiber(0, scene.workers[0]);
	detach(0);
	assert_int_equal(dp_pool_destroy(scene.pool), -EBUSY);
	assert_int_equal(scene.destructed, 0);
	struct dp_worker *late = dp_worker_attach(scene.pool);

	end_fiber(1, late);
	dp_worker_detach(late);
	assert_int_equal(dp_pool_destroy(scene.pool), 0);
	scene.pool = NULL;
	assert_int_equal(scene.destructed, scene.made);
}

static void
borrow_from_the_destroyed(void *value, struct dp_keytable *table)
{
	destruct(value, table);
	errno = 0;
	assert_null(dp_worker_attach(scene.pool));
	scene.status = errno;
}

static void
nobody_borrows_while_destroy_destructs(void **state)
{
	struct dp_key key = scene.key;

	(void)state;
	assert_int_equal(dp_key_create(&scene.key, borrow_from_the_destroyed),
			 0);
	begin_fiber(0, scene.workers[0]);
	end_fiber(0, scene.workers[0]);
	detach(0);
	assert_int_equal(dp_pool_destroy(scene.pool), 0);
	scene.pool = NULL;
	assert_int_equal(scene.status, ESHUTDOWN);
	assert_int_equal(dp_key_delete(scene.key), 0);
	scene.key = key;
}

/* --- Memory -------------------------------------------------------------- */

static void
memory_of_a_burst_comes_back_by_a_trim(void **state)
{
	struct dp_stats stats;

	(void)state;
	for (int i = 0; i < TABLES; i++)
		begin_fiber(i, scene.workers[i % WORKERS]);
	for (int i = 0; i < TABLES; i++)
		end_fiber(i, scene.workers[i / 2 % WORKERS]);
	/* Idle: few live. */
	for (int turn = 0; turn < 1000; turn++) {
		begin_fiber(0, scene.workers[turn % WORKERS]);
		end_fiber(0, scene.workers[turn / 5 % WORKERS]);
	}
	size_t given_up = dp_pool_trim(scene.pool, 0);

	/* What the workers keep stays. */
	assert_int_equal(given_up >= TABLES - WORKERS * 2 * M, !leaks());
	assert_int_equal(scene.destructed, given_up);
	detach(0);
	given_up += dp_pool_trim(scene.pool, 0);
	stats = balanced_stats(scene.pool);
	assert_int_equal(stats.constructed - stats.destructed,
			 leaks() ? scene.made : 0);
	assert_int_equal(scene.destructed, given_up);
	/* And it can be lent again. */
	scene.workers[0] = dp_worker_attach(scene.pool);
	if (!leaks())
		begin_fiber(0, scene.workers[0]);
	if (!leaks())
		end_fiber(0, scene.workers[0]);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_scene, clear_scene)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(tables_returned_on_one_worker_all_come_back),
		EACH(tables_returned_on_all_workers_all_come_back),
		EACH(books_balance_at_rest),
		EACH(nothing_is_destructed_before_destroy_and_all_by_it),
		EACH(destroy_waits_for_the_last_table),
		EACH(nobody_borrows_while_destroy_destructs),
		EACH(memory_of_a_burst_comes_back_by_a_trim),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
