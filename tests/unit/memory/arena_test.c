/* SPDX-License-Identifier: MIT */
/* What jemalloc counts in a pool's arena is what the pool counts. */
#include <driftpool/pool.h>

#include <jemalloc/jemalloc.h>
#include <stdio.h>

#include "support/books.h"
#include "support/harness.h"

#define M 64u
#define N (16 * M)

static size_t
number(const char *name)
{
	size_t value, bytes = sizeof(value);

	assert_int_equal(mallctl(name, &value, &bytes, NULL, 0), 0);
	return value;
}

/* Bytes allocated in the arena just now. */
static size_t
allocated(unsigned arena)
{
	uint64_t epoch = 1;
	size_t bytes = sizeof(epoch);
	char name[64];

	assert_int_equal(mallctl("epoch", &epoch, &bytes, &epoch, bytes), 0);
	snprintf(name, sizeof(name), "stats.arenas.%u.small.allocated", arena);
	size_t sum = number(name);

	snprintf(name, sizeof(name), "stats.arenas.%u.large.allocated", arena);
	return sum + number(name);
}

static unsigned
arenas(void)
{
	unsigned n;
	size_t bytes = sizeof(n);

	assert_int_equal(mallctl("arenas.narenas", &n, &bytes, NULL, 0), 0);
	return n;
}

/* Objects of the pool in bytes as the allocator rounds them. */
static size_t
footprint_bytes(struct dp_pool *pool, size_t object_bytes)
{
	struct dp_stats stats = balanced_stats(pool);

	return (size_t)(stats.constructed - stats.destructed) *
	       nallocx(object_bytes, MALLOCX_ALIGN(16));
}

static void
agree(size_t object_bytes)
{
	struct dp_config config = DP_CONFIG_INIT;
	void *objects[N];

	config.object_size = object_bytes;
	config.magazine_size = M;
	struct dp_pool *pool = dp_pool_create(&config);
	unsigned arena = arenas() - 1; /* the youngest */
	struct dp_worker *worker = dp_worker_attach(pool);
	/* The pool's own: what is not objects. */
	size_t books = allocated(arena);

	assert_true(books > 0);
	for (size_t n = 0; n < N; n++) {
		objects[n] = dp_borrow(worker);
		/* The control: an object uncounted would show. */
		if (n % M == 0)
			assert_int_equal(allocated(arena) - books,
					 footprint_bytes(pool, object_bytes));
	}
	dp_return_bulk(worker, objects, N);
	/* Magazines came to it, one body each but for the worker's two. */
	if (!leaks()) {
		size_t body = nallocx(M * sizeof(void *), MALLOCX_ALIGN(64));
		size_t in_depot = (size_t)balanced_stats(pool).depot / M;

		assert_int_equal(allocated(arena) - books,
				 footprint_bytes(pool, object_bytes) +
					 in_depot * body);
		assert_int_equal(dp_pool_trim(pool, 0), N - 2 * M);
		assert_int_equal(allocated(arena) - books,
				 footprint_bytes(pool, object_bytes));
	}
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

/* Pools in turn: each gets the arena of the one before, empty. */
static void
pools_in_turn_leave_what_one_leaves(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;
	unsigned n = 0;

	(void)state;
	config.object_size = 4096;
	for (int i = 0; i < HARNESS_LOAD(2000); i++) {
		struct dp_pool *pools[3];

		for (int j = 0; j < 3; j++) {
			pools[j] = dp_pool_create(&config);
			dp_pool_return(pools[j], dp_pool_borrow(pools[j]));
		}
		n = i == 0 ? arenas() : n;
		assert_int_equal(arenas(), n);
		for (int j = 0; j < 3; j++)
			assert_int_equal(dp_pool_destroy(pools[j]), 0);
		/* What their objects had is the system's again. */
		for (unsigned arena = n - 3; arena < n; arena++)
			assert_int_equal(allocated(arena), 0);
	}
}

static void
arena_and_pool_count_the_same(void **state)
{
	(void)state;
	agree(64);
	agree(100);
	agree(4096);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_and_pool_count_the_same),
		cmocka_unit_test(pools_in_turn_leave_what_one_leaves),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
