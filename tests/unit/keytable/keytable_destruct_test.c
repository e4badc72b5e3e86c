/* SPDX-License-Identifier: MIT */
/*
 * Destructors of values: once each, in the order of keys, in four passes at the
 * most; and whatever they do: get, set, borrow, return, create and delete keys,
 * wait for a lock that another thread has.
 */
#include <driftpool/keytable.h>

#include <errno.h>
#include <pthread.h>

#include "support/books.h"
#include "support/harness.h"

#define M 4
#define N_KEYS 40 /* more than a sub-table has */
#define N_RUNS 100

/* What destructors did.  The test's thread's, but for the lock. */
static struct scene {
	struct dp_pool *pool;
	struct dp_worker *worker;
	struct dp_key keys[N_KEYS];
	unsigned runs;
	void *values[N_RUNS]; /* by run */
	unsigned again;       /* how often to set once more, */
	int other;            /* and which key */
	struct dp_keytable *table;
	int status; /* of a call by a destructor */
	pthread_mutex_t lock;
	_Atomic int waiting;
} scene;

static void
note(void *value, struct dp_keytable *table)
{
	harness_equal("a run to be noted", true, scene.runs < N_RUNS);
	scene.values[scene.runs++] = value;
	scene.table = table;
}

static void
begin(void (*destruct)(void *value, struct dp_keytable *table))
{
	struct dp_config config = DP_CONFIG_INIT;

	scene = (struct scene){ .lock = PTHREAD_MUTEX_INITIALIZER };
	config.name = "keytable_destruct_test";
	config.magazine_size = M;
	scene.pool = dp_keytable_pool_create(&config);
	scene.worker = dp_worker_attach(scene.pool);
	for (int i = 0; i < N_KEYS; i++)
		assert_int_equal(dp_key_create(&scene.keys[i], destruct), 0);
}

static void
set(struct dp_keytable **table, int key, void *value)
{
	assert_int_equal(
		dp_keytable_set(table, scene.worker, scene.keys[key], value),
		0);
}

/* Gives up all tables, by a trim or by destroy. */
static void
give_up_all(bool by_trim)
{
	dp_worker_detach(scene.worker);
	scene.worker = NULL;
	if (by_trim)
		assert_int_equal(dp_pool_trim(scene.pool, 0) == 0, leaks());
	assert_int_equal(dp_pool_destroy(scene.pool), 0);
	for (int i = 0; i < N_KEYS; i++)
		dp_key_delete(scene.keys[i]);
}

static void
end(struct dp_keytable **table)
{
	assert_int_equal(dp_keytable_end(table, scene.worker), 0);
}

/* --- Once, in order ------------------------------------------------------ */

static void
values_are_destructed_once_in_order(void **state)
{
	static char values[N_KEYS];

	(void)state;
	for (int by_trim = 0; by_trim < 2; by_trim++) {
		struct dp_keytable *table = NULL;

		begin(note);
		for (int i = N_KEYS - 1; i >= 0; i--)
			set(&table, i, &values[i]);
		end(&table);
		assert_int_equal(scene.runs, 0);
		give_up_all(by_trim);
		assert_int_equal(scene.runs, N_KEYS);
		for (int i = 0; i < N_KEYS; i++)
			assert_ptr_equal(scene.values[i], &values[i]);
	}
}

/* The slot is empty, and the table can be used with no worker. */
static void
look(void *value, struct dp_keytable *table)
{
	void *got = &got;

	note(value, table);
	assert_int_equal(dp_keytable_get(&table, NULL, scene.keys[0], &got), 0);
	assert_null(got);
	assert_int_equal(dp_keytable_end(&table, scene.worker),
			 scene.worker ? -EBUSY : -EINVAL);
	assert_non_null(table);
}

static void
slot_is_empty_in_its_destructor(void **state)
{
	struct dp_keytable *table = NULL;
	int value;

	(void)state;
	begin(look);
	set(&table, 0, &value);
	end(&table);
	/* The same when it is replaced. */
	set(&table, 0, &value);
	assert_int_equal(scene.runs, 1);
	assert_ptr_equal(scene.table, table);
	end(&table);
	give_up_all(false);
	assert_int_equal(scene.runs, 2);
}

/* --- Passes -------------------------------------------------------------- */

static void
set_again(void *value, struct dp_keytable *table)
{
	note(value, table);
	if (scene.again == 0)
		return;
	scene.again--;
	assert_int_equal(dp_keytable_set(&table, NULL, scene.keys[scene.other],
					 (char *)value + 1),
			 0);
}

static void
destructor_that_sets_runs_up_to_four_times(void **state)
{
	static char values[8];

	(void)state;
	for (unsigned again = 0; again < 6; again++) {
		uint64_t leftovers = dp_keytable_leftovers();
		struct dp_keytable *table = NULL;
		unsigned expected = again < 3 ? again + 1 : 4;

		begin(set_again);
		scene.other = 1;
		set(&table, 1, &values[0]);
		end(&table);
		scene.again = again;
		give_up_all(true);
		assert_int_equal(scene.runs, expected);
		for (unsigned i = 0; i < expected; i++)
			assert_ptr_equal(scene.values[i], &values[i]);
		assert_int_equal(dp_keytable_leftovers() - leftovers,
				 again > 3);
	}
}

static void
set_says_when_destructors_go_on(void **state)
{
	static char values[8];

	(void)state;
	for (unsigned again = 0; again < 6; again++) {
		struct dp_keytable *table = NULL;
		void *got;
		int own;

		begin(set_again);
		scene.other = 1;
		set(&table, 1, &values[0]);
		end(&table);
		scene.again = again;
		assert_int_equal(dp_keytable_set(&table, scene.worker,
						 scene.keys[1], &own),
				 again > 3 ? -ELOOP : 0);
		assert_int_equal(scene.runs, again < 3 ? again + 1 : 4);
		dp_keytable_get(&table, scene.worker, scene.keys[1], &got);
		assert_ptr_equal(got, again > 3 ? &values[4] : (char *)&own);
		scene.again = 0;
		end(&table);
		give_up_all(false);
	}
}

/* A destructor sets another key, whose value nobody has read. */
static void
value_replaced_by_destructor_is_destructed(void **state)
{
	struct dp_keytable *table = NULL;
	static char values[3];

	(void)state;
	begin(set_again);
	scene.other = 2;
	set(&table, 1, &values[0]);
	set(&table, 2, &values[2]);
	end(&table);
	scene.again = 1;
	give_up_all(true);
	assert_int_equal(scene.runs, 3);
	assert_ptr_equal(scene.values[0], &values[0]);
	assert_ptr_equal(scene.values[1], &values[2]);
	assert_ptr_equal(scene.values[2], &values[1]);
}

/* --- What else they do --------------------------------------------------- */

static void
churn_keys(void *value, struct dp_keytable *table)
{
	struct dp_key key;

	note(value, table);
	assert_int_equal(dp_key_delete(scene.keys[0]), 0);
	assert_int_equal(dp_key_create(&key, note), 0);
	/* At the same place, and in the slot that the value came from. */
	assert_int_equal(key.index, scene.keys[0].index);
	assert_int_equal(dp_keytable_set(&table, NULL, key, &scene), 0);
	scene.keys[0] = key;
}

static void
destructors_create_and_delete_keys(void **state)
{
	struct dp_keytable *table = NULL;
	int value, own;

	(void)state;
	for (int by_set = 0; by_set < 2; by_set++) {
		begin(churn_keys);
		set(&table, 0, &value);
		end(&table);
		/* The key is gone when the new value would be stored. */
		if (by_set)
			assert_int_equal(dp_keytable_set(&table, scene.worker,
							 scene.keys[0], &own),
					 -EINVAL);
		assert_int_equal(dp_keytable_end(&table, scene.worker), 0);
		give_up_all(true);
		assert_int_equal(scene.runs, 2);
		assert_ptr_equal(scene.values[0], &value);
		assert_ptr_equal(scene.values[1], &scene);
	}
}

/* Lives a fiber's life on the same pool and the same worker. */
static void
borrow_and_return(void *value, struct dp_keytable *table)
{
	struct dp_keytable *other = NULL;
	static char left;

	note(value, table);
	if (scene.again == 0)
		return;
	scene.again--;
	set(&other, 3, &left);
	assert_ptr_not_equal(other, table);
	end(&other);
	dp_pool_trim(scene.pool, 0);
}

static void
destructors_borrow_return_and_trim(void **state)
{
	struct dp_keytable *tables[3 * M] = { NULL };
	int value;

	(void)state;
	begin(borrow_and_return);
	for (int i = 0; i < 3 * M; i++)
		set(&tables[i], 0, &value);
	for (int i = 0; i < 3 * M; i++)
		end(&tables[i]);
	scene.again = 2 * M;
	assert_int_equal(dp_pool_trim(scene.pool, 0) == 0, leaks());
	/* And once more by a set. */
	set(&tables[0], 0, &value);
	end(&tables[0]);
	scene.again = 0;
	give_up_all(true);
	assert_true(scene.runs > 3 * M);
}

/* --- Waiting ------------------------------------------------------------- */

static void
wait_for_lock(void *value, struct dp_keytable *table)
{
	note(value, table);
	/* TK3 release: pairs with TK4.  The other thread may go on. */
	atomic_store_explicit(&scene.waiting, 1, memory_order_release);
	pthread_mutex_lock(&scene.lock);
	pthread_mutex_unlock(&scene.lock);
}

static void *
give_up(void *by_trim)
{
	if (by_trim)
		dp_pool_trim(scene.pool, 0);
	else
		dp_pool_destroy(scene.pool);
	return NULL;
}

/*
 * It has the lock that a destructor waits for, and uses all that a lock of the
 * library's would stop: pools, workers, keys, and the very pool in a trim.
 */
static void
use_everything(bool by_trim)
{
	struct dp_config config = DP_CONFIG_INIT;
	struct dp_key key;
	struct dp_keytable *table = NULL;
	struct dp_pool *pool =
		by_trim ? scene.pool : dp_keytable_pool_create(&config);
	struct dp_worker *worker = dp_worker_attach(pool);

	assert_int_equal(dp_key_create(&key, NULL), 0);
	assert_int_equal(dp_keytable_set(&table, worker, key, &key), 0);
	assert_int_equal(dp_keytable_end(&table, worker), 0);
	assert_int_equal(dp_key_delete(key), 0);
	dp_worker_detach(worker);
	if (!by_trim)
		assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
destructor_may_wait_for_another_thread(void **state)
{
	static char value;

	(void)state;
	for (int by_trim = leaks() ? 0 : 1; by_trim >= 0; by_trim--) {
		struct dp_keytable *table = NULL;
		pthread_t thread;

		begin(wait_for_lock);
		set(&table, 0, &value);
		end(&table);
		dp_worker_detach(scene.worker);
		pthread_mutex_lock(&scene.lock);
		assert_int_equal(pthread_create(&thread, NULL, give_up,
						by_trim ? &value : NULL),
				 0);
		/* TK4 acquire: pairs with TK3. */
		while (!atomic_load_explicit(&scene.waiting,
					     memory_order_acquire))
			sched_yield();
		use_everything(by_trim);
		pthread_mutex_unlock(&scene.lock);
		pthread_join(thread, NULL);
		assert_int_equal(scene.runs, 1);
		if (by_trim)
			assert_int_equal(dp_pool_destroy(scene.pool), 0);
		for (int i = 0; i < N_KEYS; i++)
			dp_key_delete(scene.keys[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_destructed_once_in_order),
		cmocka_unit_test(slot_is_empty_in_its_destructor),
		cmocka_unit_test(destructor_that_sets_runs_up_to_four_times),
		cmocka_unit_test(set_says_when_destructors_go_on),
		cmocka_unit_test(value_replaced_by_destructor_is_destructed),
		cmocka_unit_test(destructors_create_and_delete_keys),
		cmocka_unit_test(destructors_borrow_return_and_trim),
		cmocka_unit_test(destructor_may_wait_for_another_thread),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
