/* SPDX-License-Identifier: MIT */
/* The roster against an array: what was added is found, and nothing else. */
#include "core/roster.h"

#include "support/harness.h"

#define N_POOLS 300u
#define N_STEPS 20000u

/* Addresses like those of pools: far apart, and aligned alike. */
static struct dp_pool *
pool_of(size_t i)
{
	return (struct dp_pool *)(uintptr_t)(0x10000 + 0x1000 * i);
}

static struct dp_worker *
worker_of_pool(size_t i)
{
	return (struct dp_worker *)(uintptr_t)(0x100000000 + 64 * i);
}

static void
roster_finds_what_was_added_and_not_removed(void **state)
{
	struct roster roster = { 0 };
	bool there[N_POOLS] = { false };
	uint64_t random = harness_seed();
	size_t n = 0;

	(void)state;
	for (size_t step = 0; step < N_STEPS; step++) {
		random = random * UINT64_C(6364136223846793005) + 1;
		/* It grows in the first half, and shrinks in the second. */
		size_t i = (random >> 33) % N_POOLS;
		bool add = (random >> 20) % 4 != 0;

		if (step > N_STEPS / 2)
			add = !add;
		if (add && !there[i]) {
			assert_true(roster_prepare(&roster));
			roster_add(&roster, pool_of(i), worker_of_pool(i));
			n++;
		} else if (!add && there[i]) {
			roster_remove(&roster, pool_of(i));
			n--;
		} else {
			continue;
		}
		there[i] = add;
		assert_int_equal(roster.n, n);
		assert_true(roster.n <= roster.capacity / 2);
		for (size_t j = 0; j < N_POOLS; j++)
			assert_ptr_equal(roster_find(&roster, pool_of(j)),
					 there[j] ? worker_of_pool(j) : NULL);
	}
	roster_free(&roster);
	assert_null(roster_find(&roster, pool_of(0)));
}

static void
roster_is_emptied_from_any_place(void **state)
{
	struct roster roster = { 0 };
	struct dp_pool *pool;
	size_t place = 0, n = 0;

	(void)state;
	for (size_t i = 0; i < N_POOLS; i++) {
		assert_true(roster_prepare(&roster));
		roster_add(&roster, pool_of(i), worker_of_pool(i));
	}
	for (; (pool = roster_any(&roster, &place)); n++)
		roster_remove(&roster, pool);
	assert_int_equal(n, N_POOLS);
	/* Each place was looked at twice at most, not once for each pool. */
	assert_true(place <= 2 * roster.capacity);
	roster_free(&roster);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roster_finds_what_was_added_and_not_removed),
		cmocka_unit_test(roster_is_emptied_from_any_place),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
