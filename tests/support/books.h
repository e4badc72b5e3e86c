/* SPDX-License-Identifier: MIT */
/* A pool's books, as its stats tell them. */
#ifndef BOOKS_H
#define BOOKS_H

#include <driftpool/pool.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>
#include <cmocka.h>

static inline bool
leaks(void)
{
	return strcmp(dp_backend_name(), "none") == 0;
}

/* All that a call that failed must not have changed, as the stats tell it. */
static inline struct dp_stats
books(struct dp_pool *pool)
{
	struct dp_stats stats;

	dp_pool_stats(pool, &stats);
	/* Objects made and unmade on the way to a failure are fair. */
	stats.constructed -= stats.destructed;
	stats.destructed = 0;
	/* That it looked for an object is true. */
	stats.misses = 0;
	/* A slot that was added stays, and an empty magazine may have gone. */
	stats.magazine_slots = 0;
	stats.magazines_empty = 0;
	return stats;
}

/* At rest: the levels add up to the footprint, and the audit agrees. */
static inline struct dp_stats
balanced_stats(struct dp_pool *pool)
{
	struct dp_stats stats;

	dp_pool_stats(pool, &stats);
	assert_int_equal(stats.in_use + stats.cached + stats.depot,
			 stats.constructed - stats.destructed);
	assert_int_equal(dp_pool_audit(pool), 0);
	return stats;
}

#endif
