/* SPDX-License-Identifier: MIT */
/* What the depot has no room for is destructed; large objects, small caches. */
#include <driftpool/pool.h>

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "support/books.h"
#include "support/harness.h"

#define M 4u

/* What destructors did, and what they do besides, on this worker. */
static struct {
	size_t destructed;
	struct dp_pool *pool;
	struct dp_worker *worker; /* NULL: nothing */
} seen;

/* Uses all of the interface, but not again from within: that would not end. */
static void
use(struct dp_worker *worker)
{
	struct dp_stats stats;

	seen.worker = NULL;
	void *object = dp_borrow(worker);

	assert_non_null(object);
	dp_pool_stats(seen.pool, &stats);
	dp_return(worker, object);
	dp_pool_trim(seen.pool, 1);
	seen.worker = worker;
}

static void
destruct(void *object, void *arg)
{
	(void)object;
	(void)arg;
	seen.destructed++;
	if (seen.worker)
		use(seen.worker);
}

static struct dp_pool *
create(size_t depot_limit)
{
	struct dp_config config = DP_CONFIG_INIT;

	memset(&seen, 0, sizeof(seen));
	config.name = "surplus_test";
	config.object_size = 24;
	config.magazine_size = M;
	config.depot_limit = depot_limit;
	config.destruct = destruct;
	return dp_pool_create(&config);
}

static void
end(struct dp_pool *pool)
{
	assert_int_equal(dp_pool_audit(pool), 0);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

/* --- What the depot holds ------------------------------------------------ */

static void
surplus_is_destructed_at_once(void **state)
{
	void *objects[20 * M];

	(void)state;
	for (size_t limit = 1; limit < 8; limit++) {
		struct dp_pool *pool = create(limit);
		struct dp_worker *worker = dp_worker_attach(pool);

		assert_int_equal(dp_borrow_bulk(worker, objects, 20 * M),
				 20 * M);
		for (size_t i = 0; i < 20 * M; i++) {
			struct dp_stats stats;

			dp_return(worker, objects[i]);
			dp_pool_stats(pool, &stats);
			if (!leaks())
				assert_in_range(stats.depot, 0, limit * M);
		}
		/* Two magazines in the cache, `limit` in the depot. */
		assert_int_equal(balanced_stats(pool).destructed,
				 (18 - limit) * M);
		dp_worker_detach(worker);
		assert_int_equal(balanced_stats(pool).depot, limit * M);
		end(pool);
	}
}

/* The control: without the limit the same objects stay. */
static void
without_a_limit_the_depot_keeps_all(void **state)
{
	struct dp_pool *pool = create(0);
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[20 * M];

	(void)state;
	assert_int_equal(dp_borrow_bulk(worker, objects, 20 * M), 20 * M);
	dp_return_bulk(worker, objects, 20 * M);
	dp_worker_detach(worker);
	assert_int_equal(balanced_stats(pool).depot, 20 * M);
	assert_int_equal(seen.destructed, 0);
	end(pool);
}

/* One by one and in bulk; destructors use the very worker, and its pool. */
static void
destructors_of_surplus_may_use_the_pool(void **state)
{
	struct dp_pool *pool = create(2);
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[40 * M];

	(void)state;
	seen.pool = pool;
	for (int turn = 0; turn < 10; turn++) {
		assert_int_equal(dp_borrow_bulk(worker, objects, 40 * M),
				 40 * M);
		seen.worker = worker;
		dp_return_bulk(worker, objects, 20 * M);
		for (size_t i = 20 * M; i < 40 * M; i++)
			dp_return(worker, objects[i]);
		seen.worker = NULL;
		assert_int_equal(balanced_stats(pool).in_use, 0);
	}
	assert_true(seen.destructed > 100 * M);
	dp_worker_detach(worker);
	end(pool);
}

/* --- Objects that own the next one --------------------------------------- */

#define N_NODES 4000u
#define N_CHAINS 10u

/* An object that owns the N_CHAINS-th after it, and returns it in the end. */
struct node {
	size_t number;
};

static struct {
	struct dp_pool *pool;
	struct dp_worker *worker; /* NULL: the thread's own */
	struct node *nodes[N_NODES];
	bool returned[N_NODES];
	bool own; /* else they own nothing any more */
	unsigned depth, deepest;
} chains;

static void
return_node(size_t number)
{
	if (number >= N_NODES || chains.returned[number])
		return;
	chains.returned[number] = true;
	if (chains.worker)
		dp_return(chains.worker, chains.nodes[number]);
	else
		dp_pool_return(chains.pool, chains.nodes[number]);
}

static void
destruct_node(void *object, void *arg)
{
	(void)arg;
	if (++chains.depth > chains.deepest)
		chains.deepest = chains.depth;
	if (chains.own)
		return_node(((struct node *)object)->number + N_CHAINS);
	chains.depth--;
}

/* The nodes are borrowed, and own each other. */
static void
begin_chains(struct dp_config config)
{
	memset(&chains, 0, sizeof(chains));
	config.object_size = sizeof(struct node);
	config.magazine_size = DP_MAGAZINE_SIZE_MIN;
	config.destruct = destruct_node;
	chains.pool = dp_pool_create(&config);
	chains.worker = dp_worker_attach(chains.pool);
	for (size_t i = 0; i < N_NODES; i++) {
		chains.nodes[i] = dp_borrow(chains.worker);
		chains.nodes[i]->number = i;
	}
	chains.own = true;
}

static void
return_chains(void)
{
	for (size_t i = 0; i < N_CHAINS; i++)
		return_node(i);
}

/* What is still in use comes back one by one. */
static void
end_chains(void)
{
	chains.own = false;
	for (size_t i = 0; i < N_NODES; i++)
		return_node(i);
	if (chains.worker)
		dp_worker_detach(chains.worker);
	end(chains.pool);
}

/* Nested, they would need as much of the stack as the chain is long. */
static void
destructors_that_return_what_they_own_do_not_nest(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.depot_limit = 1;
	begin_chains(config);
	return_chains();
	/* Surplus owns more of it, until all that is left has room. */
	if (!leaks()) {
		assert_int_equal(chains.deepest, 1);
		assert_true(balanced_stats(chains.pool).destructed >
			    N_NODES / 2);
	}
	end_chains();
}

static void
nor_do_they_in_a_trim_by_who_exchanges(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.trim = 1;
	begin_chains(config);
	/* What is idle in the depot owns what is trimmed next. */
	for (size_t i = 0; i < N_NODES / 4; i++)
		return_node(i * 3);
	if (!leaks())
		assert_int_equal(chains.deepest, 1);
	end_chains();
}

static pthread_key_t last_key;

/*
 * In the last pass, after the library's own destructor; under ThreadSanitizer,
 * whose own thread is gone in that, in the one before.
 */
static void
return_late(void *value)
{
	int *passes = value;

	if (++*passes < PTHREAD_DESTRUCTOR_ITERATIONS - HARNESS_TSAN)
		pthread_setspecific(last_key, passes);
	else
		return_chains();
}

/* With `arg` late, else before it ends, which donates its cache. */
static void *
return_chains_and_end(void *arg)
{
	if (arg)
		pthread_setspecific(last_key, arg);
	else
		return_chains();
	return NULL;
}

static void
nor_do_they_in_a_thread_that_ends(void **state)
{
	(void)state;
	assert_int_equal(pthread_key_create(&last_key, return_late), 0);
	for (int late = 0; late < 2; late++) {
		struct dp_config config = DP_CONFIG_INIT;
		pthread_t thread;
		int passes = 0;

		config.depot_limit = 1;
		begin_chains(config);
		dp_worker_detach(chains.worker);
		chains.worker = NULL;
		assert_int_equal(pthread_create(&thread, NULL,
						return_chains_and_end,
						late ? &passes : NULL),
				 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		/* One in a detach, whose own return discards. */
		assert_in_range(chains.deepest, leaks() ? 0 : 1, 2);
		assert_int_equal(balanced_stats(chains.pool).workers, 0);
		end_chains();
	}
	pthread_key_delete(last_key);
}

static void
thread_detach_leaves_no_worker_that_destructors_attached(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.depot_limit = 1;
	begin_chains(config);
	dp_worker_detach(chains.worker);
	chains.worker = NULL;
	return_chains();
	dp_thread_detach(chains.pool);
	assert_in_range(chains.deepest, leaks() ? 0 : 1, 2);
	assert_int_equal(balanced_stats(chains.pool).workers, 0);
	end_chains();
}

/* --- What a cache holds -------------------------------------------------- */

static void
large_objects_make_magazines_small(void **state)
{
	static const struct {
		size_t object_bytes, cache_bytes, magazine_size;
	} cases[] = {
		{ 8, 0, 64 },        { 8, 1024, 64 },      { 8, 1023, 63 },
		{ 1000, 64000, 32 }, { 4096, 65536, 8 },   { 4096, 65535, 7 },
		{ 1 << 20, 1, 2 },   { 65536, 262144, 2 }, { 1, SIZE_MAX, 64 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dp_config config = DP_CONFIG_INIT;
		struct dp_stats stats;

		config.object_size = cases[i].object_bytes;
		config.cache_bytes = cases[i].cache_bytes;
		struct dp_pool *pool = dp_pool_create(&config);

		dp_pool_stats(pool, &stats);
		assert_int_equal(stats.magazine_size, cases[i].magazine_size);
		assert_int_equal(dp_pool_destroy(pool), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(surplus_is_destructed_at_once),
		cmocka_unit_test(without_a_limit_the_depot_keeps_all),
		cmocka_unit_test(destructors_of_surplus_may_use_the_pool),
		cmocka_unit_test(
			destructors_that_return_what_they_own_do_not_nest),
		cmocka_unit_test(nor_do_they_in_a_trim_by_who_exchanges),
		cmocka_unit_test(nor_do_they_in_a_thread_that_ends),
		cmocka_unit_test(
			thread_detach_leaves_no_worker_that_destructors_attached),
		cmocka_unit_test(large_objects_make_magazines_small),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
