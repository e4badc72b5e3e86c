/* SPDX-License-Identifier: MIT */
/* A crew that cannot be opened says so, and leaves nothing behind. */
#include <driftpool/keytable.h>

#include <errno.h>

#include "support/allocator.h"
#include "trial/fibers.h"
#include "support/harness.h"
#include "workload_of.h"

#define WORKERS 2
#define NONE ((struct crew *)&workload)

static struct workload workload;
static struct stations stations;

static void
open_fails(int error)
{
	struct crew *crew = NONE;
	long live = allocator_live();

	assert_int_equal(fibers_open(&crew, &workload, &stations), error);
	assert_ptr_equal(crew, NONE);
	assert_int_equal(allocator_live(), live);
}

static void
open_succeeds(void)
{
	static struct trial trial;
	struct crew *crew = NONE;
	long live = allocator_live();

	assert_int_equal(fibers_open(&crew, &workload, &stations), 0);
	assert_true(allocator_live() > live);
	fibers_close(crew, &trial);
	assert_int_equal(allocator_live(), live);
}

static void
an_allocation_fails(void **state)
{
	unsigned long n;

	(void)state;
	allocator_fail(0, 0);
	open_succeeds();
	n = allocator_calls();
	assert_true(n > 1);
	for (unsigned long first = 1; first <= n; first++) {
		allocator_fail(first, 1);
		open_fails(-ENOMEM);
	}
	allocator_fail(0, 0);
	open_succeeds();
}

static void
no_key_is_left(void **state)
{
	struct dp_key keys[DP_KEYS_MAX];

	(void)state;
	for (unsigned i = 0; i < DP_KEYS_MAX; i++)
		assert_int_equal(dp_key_create(&keys[i], NULL), 0);
	open_fails(-EAGAIN);
	for (unsigned i = 0; i < DP_KEYS_MAX; i++)
		assert_int_equal(dp_key_delete(keys[i]), 0);
	open_succeeds();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_allocation_fails),
		cmocka_unit_test(no_key_is_left),
	};
	struct station each[WORKERS] = { 0 };

	workload = workload_of(WORKERS, 0, DESTINATION_LOCAL);
	workload.live = 10;
	stations = (struct stations){ .n = WORKERS, .each = each };
	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
