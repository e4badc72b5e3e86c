/* SPDX-License-Identifier: MIT */
/* The whole library: workers park and come back while others take over. */
#include <driftpool/pool.h>
#include <errno.h>

#include "checker/arena.h"
#include "checker/interleave.h"
#include "lending.h"

#define M 2u
#define CACHE (2 * M)
#define WORKERS 2u

static struct dp_pool *pool;
static struct dp_worker *workers[WORKERS];

/* --- What threads do ------------------------------------------------------ */

static void
borrow_and_return(void *worker)
{
	struct dp_worker *w = *(struct dp_worker **)worker;

	lending_use(1);
	void *object = dp_borrow(w);

	INTERLEAVE_REQUIRE(object);
	lending_take(object);
	lending_put(object);
	dp_return(w, object);
	lending_use(-1);
}

static void
park(void *worker)
{
	dp_worker_park(*(struct dp_worker **)worker);
}

static void
park_and_use(void *worker)
{
	park(worker);
	borrow_and_return(worker);
	park(worker);
}

static void
park_and_go(void *worker)
{
	park(worker);
	dp_worker_detach(*(struct dp_worker **)worker);
	*(struct dp_worker **)worker = NULL;
}

static void
trim(void *unused)
{
	(void)unused;
	dp_pool_trim(pool, 0);
}

static void
ask(void *unused)
{
	struct dp_stats stats;

	(void)unused;
	dp_pool_stats(pool, &stats);
	INTERLEAVE_REQUIRE(stats.destructed <= stats.constructed);
}

/* More than a cache holds, or what the limit leaves. */
static void
borrow_all(void *worker)
{
	struct dp_worker *w = *(struct dp_worker **)worker;
	void *objects[CACHE + 1];
	size_t n;

	lending_use(CACHE + 1);
	n = dp_borrow_bulk(w, objects, CACHE + 1);
	INTERLEAVE_REQUIRE(n == CACHE + 1 || errno == EAGAIN);
	for (size_t i = 0; i < n; i++)
		lending_take(objects[i]);
	for (size_t i = 0; i < n; i++)
		lending_put(objects[i]);
	dp_return_bulk(w, objects, n);
	lending_use(-(int)CACHE - 1);
}

/* --- Scenes --------------------------------------------------------------- */

/* The first worker's cache is full; a trim has 2M in its hands at most. */
static void
begin_limited(size_t max_objects, size_t depot_limit)
{
	struct dp_config config = DP_CONFIG_INIT;
	void *objects[CACHE];

	config.object_size = LENDING_BYTES;
	config.magazine_size = M;
	config.max_objects = max_objects;
	config.depot_limit = depot_limit;
	lending_begin();
	pool = dp_pool_create(&config);
	for (unsigned i = 0; i < WORKERS; i++)
		workers[i] = dp_worker_attach(pool);
	lending_bound((WORKERS - 1) * CACHE + 2 * M);
	lending_use(CACHE);
	INTERLEAVE_REQUIRE(dp_borrow_bulk(workers[0], objects, CACHE) == CACHE);
	dp_return_bulk(workers[0], objects, CACHE);
	lending_use(-(int)CACHE);
}

static void
begin(size_t max_objects)
{
	begin_limited(max_objects, 0);
}

static void
trimmed(void)
{
	begin(0);
	interleave_start(park_and_use, &workers[0]);
	interleave_start(trim, NULL);
}

static void
trimmed_while_leaving(void)
{
	begin(0);
	interleave_start(park_and_go, &workers[0]);
	interleave_start(trim, NULL);
}

/* The depot takes one of two magazines; the other one is destructed. */
static void
trimmed_to_the_limit(void)
{
	begin_limited(0, 1);
	interleave_start(park, &workers[0]);
	interleave_start(trim, NULL);
}

static void
borrowed(void)
{
	begin(CACHE);
	interleave_start(park, &workers[0]);
	interleave_start(borrow_all, &workers[1]);
	interleave_start(trim, NULL);
}

static void
asked(void)
{
	begin(0);
	interleave_start(borrow_and_return, &workers[0]);
	interleave_start(trim, NULL);
	interleave_start(ask, NULL);
}

/* Nobody has anything, and nothing is left. */
static void
end(void)
{
	struct dp_stats stats;

	for (unsigned i = 0; i < WORKERS; i++)
		dp_worker_detach(workers[i]);
	dp_pool_stats(pool, &stats);
	INTERLEAVE_REQUIRE(lending_held() == 0 && stats.in_use == 0);
	INTERLEAVE_REQUIRE(stats.depot == lending_things());
	INTERLEAVE_REQUIRE(dp_pool_audit(pool) == 0);
	INTERLEAVE_REQUIRE(dp_pool_destroy(pool) == 0);
	INTERLEAVE_REQUIRE(lending_things() == 0 && arena_blocks() == 0);
}

int
main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "trimmed", trimmed, end, { 2, 1, 0 } },
		{ "trimmed-while-leaving",
		  trimmed_while_leaving,
		  end,
		  { 2, 1, 0 } },
		{ "trimmed-to-the-limit",
		  trimmed_to_the_limit,
		  end,
		  { 2, 1, 0 } },
		{ "borrowed", borrowed, end, { 1, 1, 0 } },
		{ "asked", asked, end, { 1, 1, 0 } },
	};

	return interleave_main(argc, argv, scenes,
			       sizeof(scenes) / sizeof(scenes[0]));
}
