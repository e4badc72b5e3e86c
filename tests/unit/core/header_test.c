/* SPDX-License-Identifier: MIT */
/*
 * The header, included first and alone, and the hit path that it offers: as
 * inline functions, as the exported ones (DP_NO_INLINE), and inline in C++,
 * which compiles this very file.  All must do the same.
 */
#include <driftpool/pool.h>

#include <assert.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#ifdef __cplusplus
extern "C" {
#endif
#include <cmocka.h>
#ifdef __cplusplus
}
#endif

#define M 4
#define N_OBJECTS (5 * M)

static struct dp_pool *
create(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "header_test";
	config.object_size = 16;
	config.magazine_size = M;
	return dp_pool_create(&config);
}

static uint64_t
constructed(struct dp_pool *pool)
{
	struct dp_stats stats;

	dp_pool_stats(pool, &stats);
	return stats.constructed;
}

static void
config_of_the_header_is_the_config_of_the_library(void **state)
{
	const struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	static_assert(DP_MAGAZINE_SIZE_DEFAULT >= DP_MAGAZINE_SIZE_MIN &&
			      DP_MAGAZINE_SIZE_DEFAULT <= DP_MAGAZINE_SIZE_MAX,
		      "the default is allowed");
	static_assert((DP_OBJECT_ALIGN_MAX & (DP_OBJECT_ALIGN_MAX - 1)) == 0,
		      "a power of two");
	assert_int_equal(config.size, sizeof(config));
	assert_string_equal(dp_version(), DP_VERSION);
}

static void
backend_is_the_one_that_the_program_is_named_for(void **state)
{
	(void)state;
	assert_non_null(
		strstr(program_invocation_short_name, dp_backend_name()));
}

static void
object_returned_last_is_lent_first(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[N_OBJECTS];

	(void)state;
	for (int i = 0; i < N_OBJECTS; i++)
		objects[i] = dp_borrow(worker);
	for (int i = 0; i < N_OBJECTS; i++)
		dp_return(worker, objects[i]);
	/* In the order of a stack, as far as the cache reaches. */
	for (int i = N_OBJECTS - 1; i >= N_OBJECTS - 2 * M; i--)
		assert_ptr_equal(dp_borrow(worker), objects[i]);
	for (int i = N_OBJECTS - 2 * M; i < N_OBJECTS; i++)
		dp_return(worker, objects[i]);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
object_of_the_shared_pool_is_lent_before_a_new_one(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *a = dp_worker_attach(pool);
	struct dp_worker *b = dp_worker_attach(pool);
	void *objects[N_OBJECTS];

	(void)state;
	for (int i = 0; i < N_OBJECTS; i++)
		objects[i] = dp_borrow(a);
	for (int i = 0; i < N_OBJECTS; i++)
		dp_return(b, objects[i]);
	assert_int_equal(constructed(pool), N_OBJECTS);
	/* All but what b's two magazines hold. */
	for (int i = 0; i < N_OBJECTS - 2 * M; i++)
		objects[i] = dp_borrow(a);
	if (strcmp(dp_backend_name(), "none") == 0)
		assert_int_equal(constructed(pool), 2 * N_OBJECTS - 2 * M);
	else
		assert_int_equal(constructed(pool), N_OBJECTS);
	for (int i = 0; i < N_OBJECTS - 2 * M; i++)
		dp_return(a, objects[i]);
	dp_worker_detach(a);
	dp_worker_detach(b);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
object_is_lent_to_one_borrower_at_a_time(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[N_OBJECTS];

	(void)state;
	for (int turn = 0; turn < 3; turn++) {
		for (int i = 0; i < N_OBJECTS; i++) {
			objects[i] = dp_borrow(worker);
			assert_non_null(objects[i]);
			for (int j = 0; j < i; j++)
				assert_ptr_not_equal(objects[i], objects[j]);
		}
		for (int i = 0; i < N_OBJECTS; i++)
			dp_return(worker, objects[i]);
	}
	assert_int_equal(constructed(pool), N_OBJECTS);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
bulk_is_the_same_as_one_after_the_other(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[N_OBJECTS];
	void *again[N_OBJECTS];

	(void)state;
	assert_int_equal(dp_borrow_bulk(worker, objects, 0), 0);
	dp_return_bulk(worker, objects, 0);
	for (size_t n = 1; n <= N_OBJECTS; n++) {
		assert_int_equal(dp_borrow_bulk(worker, objects, n), n);
		for (size_t i = 0; i < n; i++)
			dp_return(worker, objects[i]);
		for (size_t i = 0; i < n; i++)
			again[i] = dp_borrow(worker);
		dp_return_bulk(worker, again, n);
	}
	assert_int_equal(constructed(pool), N_OBJECTS);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_audit(pool), 0);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
thread_local_calls_use_the_same_pool(void **state)
{
	struct dp_pool *pool = create();

	(void)state;
	void *object = dp_pool_borrow(pool);

	dp_pool_return(pool, object);
	assert_ptr_equal(dp_pool_borrow(pool), object);
	dp_pool_return(pool, object);
	dp_thread_detach(pool);
	assert_int_equal(constructed(pool), 1);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			config_of_the_header_is_the_config_of_the_library),
		cmocka_unit_test(
			backend_is_the_one_that_the_program_is_named_for),
		cmocka_unit_test(object_returned_last_is_lent_first),
		cmocka_unit_test(
			object_of_the_shared_pool_is_lent_before_a_new_one),
		cmocka_unit_test(object_is_lent_to_one_borrower_at_a_time),
		cmocka_unit_test(bulk_is_the_same_as_one_after_the_other),
		cmocka_unit_test(thread_local_calls_use_the_same_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
