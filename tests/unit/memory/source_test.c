/* SPDX-License-Identifier: MIT */
/*
 * Where objects come from.  This file is two programs: one that links jemalloc
 * (TEST_JEMALLOC), in which each pool has an arena of its own as long as there
 * are any, and one that does not, in which the system's allocator serves.
 */
#include <driftpool/pool.h>

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "support/allocator.h"

#define N_OBJECTS 10
/* Objects that are mapped and unmapped visibly, and how many of them. */
#define BIG_BYTES 4096
#define N_BIG 16384
#define MIB (1024L * 1024)
#define N_POOLS 5000

static struct dp_pool *
create(size_t object_size, size_t object_align)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "source_test";
	config.object_size = object_size;
	config.object_align = object_align;
	return dp_pool_create(&config);
}

static void
borrow(struct dp_worker *worker, void **objects, size_t n)
{
	assert_int_equal(dp_borrow_bulk(worker, objects, n), n);
}

static void
every_alignment_is_honoured(void **state)
{
	(void)state;
	for (size_t align = 1; align <= DP_OBJECT_ALIGN_MAX; align *= 2) {
		struct dp_pool *pool = create(24, align);
		struct dp_worker *worker = dp_worker_attach(pool);
		void *objects[N_OBJECTS];

		borrow(worker, objects, N_OBJECTS);
		for (int i = 0; i < N_OBJECTS; i++) {
			assert_int_equal((uintptr_t)objects[i] % align, 0);
			memset(objects[i], 1, 24);
		}
		dp_return_bulk(worker, objects, N_OBJECTS);
		dp_worker_detach(worker);
		assert_int_equal(dp_pool_destroy(pool), 0);
	}
}

/* Calls of the system's allocator for N_OBJECTS new objects. */
static unsigned long
calls_for_new_objects(struct dp_worker *worker)
{
	void *objects[1 + N_OBJECTS];

	/* The first one may need books of its own. */
	borrow(worker, objects, 1);
	allocator_fail(0, 0);
	borrow(worker, objects + 1, N_OBJECTS);
	unsigned long calls = allocator_calls();

	dp_return_bulk(worker, objects, 1 + N_OBJECTS);
	return calls;
}

static void
objects_come_from_where_the_program_says(void **state)
{
	struct dp_pool *pool = create(100, 16);
	struct dp_worker *worker = dp_worker_attach(pool);

	(void)state;
	assert_int_equal(dlsym(RTLD_DEFAULT, "mallocx") != NULL, TEST_JEMALLOC);
	assert_int_equal(calls_for_new_objects(worker),
			 TEST_JEMALLOC ? 0 : N_OBJECTS);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

#if !TEST_JEMALLOC

static void
destroy_frees_every_block(void **state)
{
	long live = allocator_live();
	struct dp_pool *pool = create(100, 16);
	struct dp_worker *worker = dp_worker_attach(pool);

	(void)state;
	calls_for_new_objects(worker);
	assert_true(allocator_live() > live + N_OBJECTS);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
	assert_int_equal(allocator_live(), live);
}

#else

#include <jemalloc/jemalloc.h>

static unsigned
arena_of(void *memory)
{
	unsigned arena;
	size_t bytes = sizeof(arena);

	assert_int_equal(mallctl("arenas.lookup", &arena, &bytes, &memory,
				 sizeof(memory)),
			 0);
	return arena;
}

/* Has jemalloc look again: what it tells is as of then. */
static void
refresh(void)
{
	uint64_t epoch = 1;

	assert_int_equal(mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch)),
			 0);
}

static size_t
arena_bytes(unsigned arena)
{
	size_t sum, bytes = sizeof(sum);
	char name[64];

	refresh();
	snprintf(name, sizeof(name), "stats.arenas.%u.small.allocated", arena);
	assert_int_equal(mallctl(name, &sum, &bytes, NULL, 0), 0);
	return sum;
}

static unsigned
number_of_arenas(void)
{
	unsigned n;
	size_t bytes = sizeof(n);

	assert_int_equal(mallctl("arenas.narenas", &n, &bytes, NULL, 0), 0);
	return n;
}

/* Bytes in blocks that are not free, in all arenas. */
static long
allocated(void)
{
	size_t sum, bytes = sizeof(sum);

	refresh();
	assert_int_equal(mallctl("stats.allocated", &sum, &bytes, NULL, 0), 0);
	return (long)sum;
}

/* Bytes of this process in memory that are not of a file. */
static long
resident(void)
{
	long pages = 0, shared = 0;
	FILE *statm = fopen("/proc/self/statm", "r");

	assert_non_null(statm);
	assert_int_equal(fscanf(statm, "%*d %ld %ld", &pages, &shared), 2);
	fclose(statm);
	return (pages - shared) * sysconf(_SC_PAGESIZE);
}

static void
each_pool_has_an_arena_of_its_own_as_long_as_it_lives(void **state)
{
	struct dp_pool *pools[2] = { create(100, 16), create(100, 16) };
	void *stranger = malloc(100);
	unsigned arenas[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct dp_worker *a = dp_worker_attach(pools[i]);
		struct dp_worker *b = dp_worker_attach(pools[i]);
		void *objects[N_OBJECTS];

		borrow(a, objects, N_OBJECTS);
		arenas[i] = arena_of(objects[0]);
		dp_return_bulk(b, objects, N_OBJECTS);
		dp_worker_detach(b);
		/* Also what is constructed after others were destructed. */
		dp_pool_trim(pools[i], 0);
		borrow(a, objects, N_OBJECTS);
		for (int j = 0; j < N_OBJECTS; j++)
			assert_int_equal(arena_of(objects[j]), arenas[i]);
		dp_return_bulk(a, objects, N_OBJECTS);
		dp_worker_detach(a);
	}
	assert_int_not_equal(arenas[0], arenas[1]);
	assert_int_not_equal(arena_of(stranger), arenas[0]);
	assert_int_not_equal(arena_of(stranger), arenas[1]);
	free(stranger);
	for (int i = 0; i < 2; i++) {
		assert_true(arena_bytes(arenas[i]) >= 100 * N_OBJECTS);
		assert_int_equal(dp_pool_destroy(pools[i]), 0);
		assert_int_equal(arena_bytes(arenas[i]), 0);
	}
}

/* Writes to N_BIG objects of a new pool; all are back in its depot. */
static struct dp_pool *
grow(void)
{
	static void *objects[N_BIG];
	struct dp_pool *pool = create(BIG_BYTES, 16);
	struct dp_worker *worker = dp_worker_attach(pool);

	borrow(worker, objects, N_BIG);
	for (int i = 0; i < N_BIG; i++)
		memset(objects[i], 1, BIG_BYTES);
	dp_return_bulk(worker, objects, N_BIG);
	dp_worker_detach(worker);
	return pool;
}

/* At least nine tenths of what was gained since `before` is lost again. */
static void
assert_gone(long before, long high)
{
	assert_true(high - before >= (long)BIG_BYTES * N_BIG);
	assert_in_range(resident() * 10, 0, before * 10 + (high - before));
}

static void
destroy_gives_memory_back_at_once(void **state)
{
	long before = resident();
	struct dp_pool *pool = grow();
	long high = resident();

	(void)state;
	assert_int_equal(dp_pool_destroy(pool), 0);
	assert_gone(before, high);
}

static void
trim_gives_memory_back_at_once(void **state)
{
	long before = resident();
	struct dp_pool *pool = grow();
	long high = resident();

	(void)state;
	if (dp_pool_trim(pool, 0) > 0)
		assert_gone(before, high);
	else
		assert_string_equal(dp_backend_name(), "none");
	assert_int_equal(dp_pool_destroy(pool), 0);
}

static void
pools_that_get_no_arena_use_the_default_ones_and_leave_nothing(void **state)
{
	static struct dp_pool *pools[N_POOLS];
	static struct dp_worker *workers[N_POOLS];
	static void *objects[N_POOLS];
	unsigned n_default = number_of_arenas(), n_sharing = 0;
	long before = allocated();

	(void)state;
	for (int i = 0; i < N_POOLS; i++) {
		pools[i] = create(BIG_BYTES, 64);
		workers[i] = dp_worker_attach(pools[i]);
		objects[i] = dp_borrow(workers[i]);
		assert_non_null(objects[i]);
		assert_int_equal((uintptr_t)objects[i] % 64, 0);
		memset(objects[i], 1, BIG_BYTES);
		n_sharing += arena_of(objects[i]) < n_default;
	}
	/* Both kinds there were. */
	assert_in_range(n_sharing, 1, N_POOLS - 1);
	assert_true(allocated() - before > (long)N_POOLS * BIG_BYTES);
	for (int i = 0; i < N_POOLS; i++) {
		dp_return(workers[i], objects[i]);
		dp_worker_detach(workers[i]);
		assert_int_equal(dp_pool_destroy(pools[i]), 0);
	}
	assert_in_range(allocated(), 0, before + MIB);
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_alignment_is_honoured),
		cmocka_unit_test(objects_come_from_where_the_program_says),
#if TEST_JEMALLOC
		cmocka_unit_test(
			each_pool_has_an_arena_of_its_own_as_long_as_it_lives),
		cmocka_unit_test(destroy_gives_memory_back_at_once),
		cmocka_unit_test(trim_gives_memory_back_at_once),
		cmocka_unit_test(
			pools_that_get_no_arena_use_the_default_ones_and_leave_nothing),
#else
		cmocka_unit_test(destroy_frees_every_block),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
