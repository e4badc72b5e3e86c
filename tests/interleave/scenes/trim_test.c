/* SPDX-License-Identifier: MIT */
/* The whole library: workers that exchange trim what nobody needed. */
#include <driftpool/pool.h>

#include "checker/arena.h"
#include "checker/interleave.h"
#include "lending.h"

#define M 2u
#define STOCK (3 * M)
#define WORKERS 2u

static struct dp_pool *pool;
static struct dp_worker *workers[WORKERS];

/* --- What threads do ------------------------------------------------------ */

/* An exchange, which is an interval, for the cache is empty before. */
static void
borrow_and_return(void *worker)
{
	struct dp_worker *w = *(struct dp_worker **)worker;
	void *object = dp_borrow(w);

	INTERLEAVE_REQUIRE(object);
	lending_take(object);
	lending_put(object);
	dp_return(w, object);
}

static void
trim_unneeded(void *unused)
{
	(void)unused;
	dp_pool_trim(pool, DP_KEEP_NEEDED);
}

/* --- Scenes --------------------------------------------------------------- */

static void
begin(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.object_size = LENDING_BYTES;
	config.magazine_size = M;
	config.trim = 1;
	lending_begin();
	pool = dp_pool_create(&config);
	for (unsigned i = 0; i < WORKERS; i++)
		workers[i] = dp_worker_attach(pool);
	INTERLEAVE_REQUIRE(dp_pool_reserve(pool, STOCK) == 0);
}

static void
exchanges(void)
{
	begin();
	interleave_start(borrow_and_return, &workers[0]);
	interleave_start(borrow_and_return, &workers[1]);
}

static void
asked(void)
{
	begin();
	interleave_start(borrow_and_return, &workers[0]);
	interleave_start(trim_unneeded, NULL);
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
	INTERLEAVE_REQUIRE(stats.constructed - stats.destructed ==
			   lending_things());
	INTERLEAVE_REQUIRE(stats.depot == lending_things());
	INTERLEAVE_REQUIRE(dp_pool_audit(pool) == 0);
	INTERLEAVE_REQUIRE(dp_pool_destroy(pool) == 0);
	INTERLEAVE_REQUIRE(lending_things() == 0 && arena_blocks() == 0);
}

int
main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "exchanges", exchanges, end, { 2, 1, 0 } },
		{ "asked", asked, end, { 2, 1, 0 } },
	};

	return interleave_main(argc, argv, scenes,
			       sizeof(scenes) / sizeof(scenes[0]));
}
