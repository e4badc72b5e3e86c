/* SPDX-License-Identifier: MIT */
/*
 * The system refuses what is no memory: a lock, a key for thread-local workers,
 * a place for its value.  Each time the call says so and leaves nothing behind.
 */
#include <driftpool/pool.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "support/allocator.h"
#include "support/books.h"
#include "support/fate.h"
#include "support/harness.h"

/* Invariant: the call numbered `fails_at`, from 1, fails; 0: none. */
struct refusal {
	int fails_at;
	int calls;
};

static struct refusal locks, keys, values;

int __real_pthread_mutex_init(pthread_mutex_t *lock,
			      const pthread_mutexattr_t *attributes);
int __real_pthread_key_create(pthread_key_t *key, void (*end)(void *value));
int __real_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_mutex_init(pthread_mutex_t *lock,
			      const pthread_mutexattr_t *attributes);
int __wrap_pthread_key_create(pthread_key_t *key, void (*end)(void *value));
int __wrap_pthread_setspecific(pthread_key_t key, const void *value);

static bool
refuses(struct refusal *refusal)
{
	return ++refusal->calls == refusal->fails_at;
}

/* The linker sends the library's calls here. */
__attribute__((used)) int
__wrap_pthread_mutex_init(pthread_mutex_t *lock,
			  const pthread_mutexattr_t *attributes)
{
	return refuses(&locks) ? EAGAIN
			       : __real_pthread_mutex_init(lock, attributes);
}

__attribute__((used)) int
__wrap_pthread_key_create(pthread_key_t *key, void (*end)(void *value))
{
	return refuses(&keys) ? EAGAIN : __real_pthread_key_create(key, end);
}

__attribute__((used)) int
__wrap_pthread_setspecific(pthread_key_t key, const void *value)
{
	return refuses(&values) ? ENOMEM
				: __real_pthread_setspecific(key, value);
}

static struct dp_pool *
create(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.object_size = 40;
	return dp_pool_create(&config);
}

static void
pool_without_one_of_its_locks_is_not_made(void **state)
{
	int n = 0;

	(void)state;
	for (;;) {
		long live = allocator_live();

		locks = (struct refusal){ .fails_at = ++n };
		errno = 0;
		struct dp_pool *pool = create();

		if (pool) {
			assert_int_equal(dp_pool_destroy(pool), 0);
			break;
		}
		assert_int_equal(errno, EAGAIN);
		assert_int_equal(allocator_live(), live);
	}
	/* Ended by the first that was not refused: each lock was. */
	assert_int_equal(locks.calls, n - 1);
	assert_true(n > 2);
	locks = (struct refusal){ 0 };
}

/* Borrowing fails, and a return destructs; later both work. */
static void
borrow_and_return_without_worker(void)
{
	struct dp_pool *pool = create();
	struct dp_worker *worker = dp_worker_attach(pool);
	void *object = dp_borrow(worker);
	struct dp_stats stats;

	errno = 0;
	harness_equal("borrowed without a worker", true,
		      dp_pool_borrow(pool) == NULL);
	harness_equal("errno of that", ENOMEM, (uint64_t)errno);
	values = (struct refusal){ .fails_at = 1 };
	dp_pool_return(pool, object);
	object = dp_pool_borrow(pool);
	harness_equal("borrowed later", true, object != NULL);
	dp_pool_return(pool, object);
	dp_pool_stats(pool, &stats);
	harness_equal("objects in use", 0, stats.in_use);
	harness_equal("objects destructed", 1, stats.destructed);
	dp_worker_detach(worker);
	harness_equal("destroy", 0, (uint64_t)dp_pool_destroy(pool));
}

static void
refuse_the_key(void *unused)
{
	(void)unused;
	keys = (struct refusal){ .fails_at = 1 };
	borrow_and_return_without_worker();
}

static void
refuse_the_value(void *unused)
{
	(void)unused;
	values = (struct refusal){ .fails_at = 1 };
	borrow_and_return_without_worker();
}

/* In a child, for a process makes its key once. */
static void
without_a_key_the_next_use_tries_again(void **state)
{
	(void)state;
	struct fate fate = fate_of(refuse_the_key, NULL);

	assert_string_equal(fate.text, "");
	assert_int_equal(fate.status, 0);
}

static void
without_a_place_for_the_value_the_next_use_tries_again(void **state)
{
	(void)state;
	struct fate fate = fate_of(refuse_the_value, NULL);

	assert_string_equal(fate.text, "");
	assert_int_equal(fate.status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pool_without_one_of_its_locks_is_not_made),
		cmocka_unit_test(without_a_key_the_next_use_tries_again),
		cmocka_unit_test(
			without_a_place_for_the_value_the_next_use_tries_again),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
