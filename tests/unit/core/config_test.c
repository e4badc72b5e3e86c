/* SPDX-License-Identifier: MIT */
/* What dp_pool_create() accepts, what it refuses, and what follows from it. */
#include <driftpool/pool.h>

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/allocator.h"

static struct dp_config
usual_config(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "config_test";
	config.object_size = 24;
	return config;
}

/* Says so by errno, and did not allocate anything, not even for a moment. */
static void
assert_refused(const struct dp_config *config, int error)
{
	allocator_fail(0, 0);
	errno = 0;
	assert_null(dp_pool_create(config));
	assert_int_equal(errno, error);
	assert_int_equal(allocator_calls(), 0);
}

/* A pool comes of it that reports what was asked for. */
static void
assert_accepted(const struct dp_config *config)
{
	long live = allocator_live();

	allocator_fail(0, 0);
	struct dp_pool *pool = dp_pool_create(config);
	struct dp_stats stats;

	assert_non_null(pool);
	assert_true(allocator_calls() > 0);
	dp_pool_stats(pool, &stats);
	assert_int_equal(stats.magazine_size, config->magazine_size);
	assert_int_equal(stats.object_size, config->object_size);
	assert_int_equal(stats.constructed, 0);
	assert_int_equal(dp_pool_destroy(pool), 0);
	assert_int_equal(allocator_live(), live);
}

static void
init_macro_sets_the_documented_defaults(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	assert_int_equal(config.size, sizeof(struct dp_config));
	assert_null(config.name);
	assert_int_equal(config.object_size, 0);
	assert_int_equal(config.object_align, 16);
	assert_int_equal(config.magazine_size, 64);
	assert_true(config.construct == NULL);
	assert_true(config.destruct == NULL);
	assert_null(config.arg);
}

static void
object_size_is_all_that_must_be_set(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.object_size = 1;
	assert_accepted(&config);
}

static void
no_config_is_refused(void **state)
{
	(void)state;
	assert_refused(NULL, EINVAL);
}

static void
object_size_zero_is_refused(void **state)
{
	struct dp_config config = usual_config();

	(void)state;
	config.object_size = 0;
	assert_refused(&config, EINVAL);
}

static void
object_size_that_overflows_is_refused(void **state)
{
	struct dp_config config = usual_config();

	(void)state;
	config.object_size = SIZE_MAX;
	assert_refused(&config, EINVAL);
	/* Rounded up to its alignment it is 0. */
	config.object_align = DP_OBJECT_ALIGN_MAX;
	config.object_size = SIZE_MAX - DP_OBJECT_ALIGN_MAX + 2;
	assert_refused(&config, EINVAL);
}

static void
object_align_that_is_no_power_of_two_is_refused(void **state)
{
	static const size_t wrong[] = {
		0, 3, 6, 24, 48, 100, DP_OBJECT_ALIGN_MAX - 1, SIZE_MAX
	};
	struct dp_config config = usual_config();

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		config.object_align = wrong[i];
		assert_refused(&config, EINVAL);
	}
}

static void
object_align_over_the_limit_is_refused(void **state)
{
	struct dp_config config = usual_config();

	(void)state;
	config.object_align = DP_OBJECT_ALIGN_MAX * 2;
	assert_refused(&config, EINVAL);
	config.object_align = ~(SIZE_MAX >> 1);
	assert_refused(&config, EINVAL);
}

static void
every_object_align_within_the_limit_is_accepted(void **state)
{
	struct dp_config config = usual_config();

	(void)state;
	for (size_t align = 1; align <= DP_OBJECT_ALIGN_MAX; align *= 2) {
		config.object_align = align;
		assert_accepted(&config);
	}
}

static void
magazine_size_out_of_range_is_refused(void **state)
{
	static const unsigned wrong[] = { 0, DP_MAGAZINE_SIZE_MIN - 1,
					  DP_MAGAZINE_SIZE_MAX + 1, ~0u };
	struct dp_config config = usual_config();

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		config.magazine_size = wrong[i];
		assert_refused(&config, EINVAL);
	}
}

static void
every_magazine_size_in_range_is_accepted(void **state)
{
	struct dp_config config = usual_config();

	(void)state;
	assert_int_equal(DP_MAGAZINE_SIZE_MIN, 2);
	assert_int_equal(DP_MAGAZINE_SIZE_MAX, 1024);
	for (unsigned size = DP_MAGAZINE_SIZE_MIN; size <= DP_MAGAZINE_SIZE_MAX;
	     size++) {
		config.magazine_size = size;
		assert_accepted(&config);
	}
}

static bool
is_control(int byte)
{
	return byte < ' ' || byte == 0x7f;
}

static void
control_characters_in_the_name_are_refused_and_no_others(void **state)
{
	struct dp_config config = usual_config();
	char name[] = "pool";

	(void)state;
	config.name = name;
	for (size_t i = 0; i < sizeof(name) - 1; i++) {
		for (int byte = 1; byte <= 0xff; byte++) {
			strcpy(name, "pool");
			name[i] = (char)byte;
			if (is_control(byte))
				assert_refused(&config, EINVAL);
			else
				assert_accepted(&config);
		}
	}
}

static void
name_over_the_limit_is_refused(void **state)
{
	struct dp_config config = usual_config();
	char name[DP_NAME_BYTES_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = 0;
	config.name = name;
	assert_refused(&config, EINVAL);
}

static void
name_up_to_the_limit_is_accepted(void **state)
{
	struct dp_config config = usual_config();
	char name[DP_NAME_BYTES_MAX + 1];

	(void)state;
	config.name = name;
	for (size_t bytes = 0; bytes <= DP_NAME_BYTES_MAX; bytes++) {
		memset(name, 'n', bytes);
		name[bytes] = 0;
		assert_accepted(&config);
	}
	config.name = NULL;
	assert_accepted(&config);
}

static void
config_of_an_impossible_size_is_refused(void **state)
{
	struct dp_config config = usual_config();

	(void)state;
	config.size = DP_CONFIG_BYTES_MAX + 1;
	assert_refused(&config, EINVAL);
	config.size = SIZE_MAX;
	assert_refused(&config, EINVAL);
	for (size_t size = 0; size < sizeof(config); size++) {
		config.size = size;
		assert_refused(&config, EINVAL);
	}
}

/* As an application sees the struct that was built with a newer header. */
struct newer_config {
	struct dp_config known;
	unsigned char unknown[40];
};

static void
newer_config_that_sets_nothing_new_is_accepted(void **state)
{
	struct newer_config config = { .known = usual_config() };

	(void)state;
	for (size_t more = 0; more <= sizeof(config.unknown); more++) {
		config.known.size = sizeof(config.known) + more;
		assert_accepted(&config.known);
	}
}

static void
newer_config_that_sets_something_new_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(((struct newer_config *)0)->unknown);
	     i++) {
		struct newer_config config = { .known = usual_config() };

		config.unknown[i] = 1;
		config.known.size = sizeof(config.known) + i + 1;
		assert_refused(&config.known, E2BIG);
		/* What is beyond the size it states is not its own. */
		config.known.size--;
		assert_accepted(&config.known);
	}
}

#define N_OBJECTS 5

/* Objects do not overlap: each keeps what was written to all of its bytes. */
static void
assert_objects_usable(size_t size, size_t align)
{
	struct dp_config config = usual_config();
	unsigned char *objects[N_OBJECTS];

	config.object_size = size;
	config.object_align = align;
	config.magazine_size = DP_MAGAZINE_SIZE_MIN;
	struct dp_pool *pool = dp_pool_create(&config);
	struct dp_worker *worker = dp_worker_attach(pool);

	for (int i = 0; i < N_OBJECTS; i++) {
		objects[i] = dp_borrow(worker);
		assert_non_null(objects[i]);
		assert_int_equal((uintptr_t)objects[i] % align, 0);
		memset(objects[i], i + 1, size);
	}
	for (int i = 0; i < N_OBJECTS; i++) {
		for (size_t byte = 0; byte < size; byte++)
			assert_int_equal(objects[i][byte], i + 1);
		dp_return(worker, objects[i]);
	}
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
objects_have_the_size_and_the_alignment_asked_for(void **state)
{
	static const size_t sizes[] = { 1, 2, 7, 16, 24, 100, 4097 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t align = 1; align <= DP_OBJECT_ALIGN_MAX; align *= 2)
			assert_objects_usable(sizes[i], align);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_macro_sets_the_documented_defaults),
		cmocka_unit_test(object_size_is_all_that_must_be_set),
		cmocka_unit_test(no_config_is_refused),
		cmocka_unit_test(object_size_zero_is_refused),
		cmocka_unit_test(object_size_that_overflows_is_refused),
		cmocka_unit_test(
			object_align_that_is_no_power_of_two_is_refused),
		cmocka_unit_test(object_align_over_the_limit_is_refused),
		cmocka_unit_test(
			every_object_align_within_the_limit_is_accepted),
		cmocka_unit_test(magazine_size_out_of_range_is_refused),
		cmocka_unit_test(every_magazine_size_in_range_is_accepted),
		cmocka_unit_test(
			control_characters_in_the_name_are_refused_and_no_others),
		cmocka_unit_test(name_over_the_limit_is_refused),
		cmocka_unit_test(name_up_to_the_limit_is_accepted),
		cmocka_unit_test(config_of_an_impossible_size_is_refused),
		cmocka_unit_test(
			newer_config_that_sets_nothing_new_is_accepted),
		cmocka_unit_test(
			newer_config_that_sets_something_new_is_refused),
		cmocka_unit_test(
			objects_have_the_size_and_the_alignment_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
