/* SPDX-License-Identifier: MIT */
/*
 * Keys: how many there are, and that none is taken for one that was deleted,
 * nor its values for those of its successor.
 */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/harness.h"
#include "keytable/keys.h"

static int value;

/* A worker, and a pool of tables. */
static struct scene {
	struct dp_pool *pool;
	struct dp_worker *worker;
} scene;

static int
set_scene(void **state)
{
	const struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	scene.pool = dp_keytable_pool_create(&config);
	scene.worker = dp_worker_attach(scene.pool);
	return 0;
}

static int
clear_scene(void **state)
{
	(void)state;
	dp_worker_detach(scene.worker);
	return dp_pool_destroy(scene.pool);
}

static struct dp_key
new_key(void)
{
	struct dp_key key = { 0, 0 };

	assert_int_equal(dp_key_create(&key, NULL), 0);
	return key;
}

static void *
get(struct dp_keytable **table, struct dp_key key)
{
	void *got = &got;

	assert_int_equal(dp_keytable_get(table, scene.worker, key, &got), 0);
	return got;
}

static void
set(struct dp_keytable **table, struct dp_key key, void *to)
{
	assert_int_equal(dp_keytable_set(table, scene.worker, key, to), 0);
}

static void
end(struct dp_keytable **table)
{
	assert_int_equal(dp_keytable_end(table, scene.worker), 0);
	assert_null(*table);
}

/* A key that does not exist is refused everywhere, and nothing is borrowed. */
static void
assert_refused(struct dp_key key)
{
	struct dp_keytable *table = NULL;
	void *got = &got;

	assert_int_equal(dp_key_delete(key), -EINVAL);
	assert_int_equal(dp_keytable_set(&table, scene.worker, key, &value),
			 -EINVAL);
	assert_int_equal(dp_keytable_get(&table, scene.worker, key, &got),
			 -EINVAL);
	assert_null(got);
	assert_null(table);
	/* Also in a table that is there. */
	struct dp_key other = new_key();

	set(&table, other, &value);
	assert_int_equal(dp_keytable_set(&table, scene.worker, key, &value),
			 -EINVAL);
	got = &got;
	assert_int_equal(dp_keytable_get(&table, scene.worker, key, &got),
			 -EINVAL);
	assert_null(got);
	assert_ptr_equal(get(&table, other), &value);
	end(&table);
	assert_int_equal(dp_key_delete(other), 0);
}

static void
keys_that_never_were_are_refused(void **state)
{
	struct dp_key key = new_key();

	(void)state;
	assert_refused((struct dp_key){ 0, 0 });
	assert_refused((struct dp_key){ key.index, key.version + 2 });
	assert_refused((struct dp_key){ key.index, key.version - 1 });
	assert_refused((struct dp_key){ DP_KEYS_MAX, 1 });
	assert_refused((struct dp_key){ UINT32_MAX, UINT32_MAX });
	assert_refused((struct dp_key){ DP_KEYS_MAX - 1, 0 });
	assert_int_equal(dp_key_create(NULL, NULL), -EINVAL);
	assert_int_equal(dp_key_delete(key), 0);
}

static void
deleted_key_is_refused(void **state)
{
	struct dp_key key = new_key();
	struct dp_keytable *table = NULL;

	(void)state;
	set(&table, key, &value);
	assert_int_equal(dp_key_delete(key), 0);
	assert_refused(key);
	end(&table);
}

static void
successor_does_not_see_the_values_of_a_deleted_key(void **state)
{
	struct dp_key key = new_key();
	struct dp_keytable *table = NULL;

	(void)state;
	for (int turn = 0; turn < 100; turn++) {
		assert_null(get(&table, key));
		set(&table, key, &value);
		assert_ptr_equal(get(&table, key), &value);

		struct dp_key old = key;

		assert_int_equal(dp_key_delete(key), 0);
		key = new_key();
		assert_int_equal(key.index, old.index);
		assert_int_not_equal(key.version, old.version);
		assert_refused(old);
		/* Also not in a table that was returned with the value. */
		if (turn % 2 == 1)
			end(&table);
	}
	assert_null(get(&table, key));
	end(&table);
	assert_int_equal(dp_key_delete(key), 0);
}

static void
all_992_keys_have_values_of_their_own(void **state)
{
	struct dp_keytable *table = NULL;
	struct dp_key keys[DP_KEYS_MAX];
	char values[DP_KEYS_MAX];
	struct dp_key none;

	(void)state;
	for (unsigned i = 0; i < DP_KEYS_MAX; i++)
		keys[i] = new_key();
	assert_int_equal(DP_KEYS_MAX, 992);
	assert_int_equal(dp_key_create(&none, NULL), -EAGAIN);
	for (unsigned turn = 0; turn < 2; turn++) {
		for (unsigned i = 0; i < DP_KEYS_MAX; i++)
			set(&table, keys[i], &values[i]);
		for (unsigned i = 0; i < DP_KEYS_MAX; i++)
			assert_ptr_equal(get(&table, keys[i]), &values[i]);
		end(&table);
	}
	/* One goes, one comes. */
	assert_int_equal(dp_key_delete(keys[500]), 0);
	keys[500] = new_key();
	assert_int_equal(dp_key_create(&none, NULL), -EAGAIN);
	assert_null(get(&table, keys[500]));
	assert_ptr_equal(get(&table, keys[501]), &values[501]);
	end(&table);
	for (unsigned i = 0; i < DP_KEYS_MAX; i++)
		assert_int_equal(dp_key_delete(keys[i]), 0);
}

/* By hand, as it would take 2^31 keys. */
static void
place_without_further_versions_is_not_used_again(void **state)
{
	struct dp_key key = new_key();
	struct key_place *place = &dp__keys[key.index];

	(void)state;
	/* TK1 relaxed: there is one thread. */
	atomic_store_explicit(&place->version, KEY_VERSION_LAST - 1,
			      memory_order_relaxed);
	key.version = KEY_VERSION_LAST - 1;
	struct dp_keytable *table = NULL;

	set(&table, key, &value);
	assert_ptr_equal(get(&table, key), &value);
	assert_int_equal(dp_key_delete(key), 0);
	assert_refused(key);
	struct dp_key next = new_key();

	assert_int_not_equal(next.index, key.index);
	assert_int_equal(dp_key_delete(next), 0);
	end(&table);
	/* TK2 relaxed: there is one thread. */
	atomic_store_explicit(&place->version, 0, memory_order_relaxed);
}

/* --- Threads ------------------------------------------------------------- */

#define N_TURNS 20000

/* Makes and deletes keys; each sees only what it set itself. */
static void
come_and_go(void *context, unsigned index)
{
	struct dp_worker *worker = dp_worker_attach(scene.pool);
	struct dp_keytable *table = NULL;
	char own[2];

	(void)context;
	(void)index;
	for (int i = 0; i < HARNESS_LOAD(N_TURNS); i++) {
		struct dp_key key;
		void *got;

		harness_equal("create", 0, (uint64_t)dp_key_create(&key, NULL));
		harness_equal(
			"get", 0,
			(uint64_t)dp_keytable_get(&table, worker, key, &got));
		harness_equal("a new key has no value", 0, (uintptr_t)got);
		dp_keytable_set(&table, worker, key, &own[i % 2]);
		dp_keytable_get(&table, worker, key, &got);
		harness_equal("own value", (uintptr_t)&own[i % 2],
			      (uintptr_t)got);
		harness_equal("delete", 0, (uint64_t)dp_key_delete(key));
		harness_equal(
			"deleted", (uint64_t)-EINVAL,
			(uint64_t)dp_keytable_get(&table, worker, key, &got));
		if (i % 16 == 0)
			dp_keytable_end(&table, worker);
	}
	dp_keytable_end(&table, worker);
	dp_worker_detach(worker);
}

static void
threads_make_and_delete_keys_at_once(void **state)
{
	(void)state;
	harness_race(4, come_and_go, NULL);
}

/* --- fork() without the handlers ----------------------------------------- */

static struct {
	struct dp_key key, other;
} forked;

static void
go_on(struct dp_keytable *table)
{
	void *got;

	harness_equal("get", 0,
		      (uint64_t)dp_keytable_get(&table, scene.worker,
						forked.key, &got));
	harness_equal("value", (uintptr_t)&value, (uintptr_t)got);
	harness_equal("set", 0,
		      (uint64_t)dp_keytable_set(&table, scene.worker,
						forked.other, &table));
	dp_keytable_get(&table, scene.worker, forked.other, &got);
	harness_equal("own value", (uintptr_t)&table, (uintptr_t)got);
}

static void
create_for_ever(struct dp_keytable *table)
{
	struct dp_key key;

	(void)table;
	dp_key_create(&key, NULL);
}

/* What a child does that was forked while a key was made; its status. */
static int
fork_amid_create(void (*act)(struct dp_keytable *table),
		 struct dp_keytable *table)
{
	const struct itimerval soon = { .it_value = { .tv_usec = 100000 } };
	int status = -1;

	dp__keys_lock();
	pid_t child = fork();

	if (child == 0) {
		if (act == create_for_ever)
			setitimer(ITIMER_REAL, &soon, NULL);
		else
			alarm(60);
		act(table);
		harness_leave(0);
	}
	dp__keys_unlock();
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void
child_without_handlers_goes_on_with_its_table(void **state)
{
	struct dp_keytable *table = NULL;

	(void)state;
	forked.key = new_key();
	forked.other = new_key();
	set(&table, forked.key, &value);
	assert_int_equal(fork_amid_create(go_on, table), 0);
	/* The lock was held, or there would be nothing to it. */
	if (!HARNESS_TSAN) {
		int status = fork_amid_create(create_for_ever, table);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGALRM);
	}
	end(&table);
	assert_int_equal(dp_key_delete(forked.key), 0);
	assert_int_equal(dp_key_delete(forked.other), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_never_were_are_refused),
		cmocka_unit_test(deleted_key_is_refused),
		cmocka_unit_test(
			successor_does_not_see_the_values_of_a_deleted_key),
		cmocka_unit_test(all_992_keys_have_values_of_their_own),
		cmocka_unit_test(
			place_without_further_versions_is_not_used_again),
		cmocka_unit_test(threads_make_and_delete_keys_at_once),
		cmocka_unit_test(child_without_handlers_goes_on_with_its_table),
	};

	return harness_status(
		cmocka_run_group_tests(tests, set_scene, clear_scene));
}
