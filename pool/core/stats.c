/* SPDX-License-Identifier: MIT */
/* A pool's numbers: the snapshot and the bound. */
#include <stdint.h>

#include "pool.h"

/* Those that the backend does not have are in hands, mostly of workers. */
static void
count_magazines(struct dp_pool *pool, struct dp_stats *stats)
{
	uint64_t depot = dp__backend_magazines(&pool->backend);
	uint64_t empty = dp__backend_empties(&pool->backend);
	uint64_t all = dp__store_bodies(&pool->store);

	stats->magazines_depot = depot;
	stats->magazines_empty = empty;
	stats->magazines_cached = all > depot + empty ? all - depot - empty : 0;
	stats->magazine_slots = dp__store_slots(&pool->store);
}

void
dp_pool_stats(struct dp_pool *pool, struct dp_stats *stats)
{
	/* Before their peak, which then is not the smaller. */
	uint32_t workers = dp__registry_workers(&pool->registry);
	struct totals sum;

	dp__registry_sum(&pool->registry, &sum);
	*stats = (struct dp_stats){
		.in_use = totals_in_use(&sum),
		.cached = sum.cached + sum.of[PILED],
		.depot = dp__backend_count(&pool->backend),
		.constructed = sum.of[CONSTRUCTED],
		.destructed = sum.of[DESTRUCTED],
		.reserved = reserve_objects(&pool->reserve),
		.refills = sum.of[REFILLS],
		.flushes = sum.of[FLUSHES],
		.misses = sum.of[MISSES],
		.rack_hits = sum.of[RACK_HITS],
		.depot_hits = sum.of[DEPOT_HITS],
		.steals = sum.of[STEALS],
		.retries = sum.of[RETRIES],
		.workers = workers,
		.peak_workers = dp__registry_peak(&pool->registry),
		.magazine_size = pool->store.magazine_size,
		.object_size = pool->source.object_bytes,
	};
	count_magazines(pool, stats);
}

size_t
dp_pool_bound(struct dp_pool *pool, size_t peak_in_use)
{
	uint64_t peak_workers = dp__registry_peak(&pool->registry);
	uint64_t others = peak_workers > 0 ? peak_workers - 1 : 0;
	uint64_t cached = others * 2 * pool->store.magazine_size;
	uint64_t limit = pool->objects.max;
	uint64_t max = limit > 0 ? limit : SIZE_MAX;
	uint64_t bound;

	if (!dp__backend_shares ||
	    __builtin_add_overflow(peak_in_use, cached, &bound) ||
	    __builtin_add_overflow(bound, reserve_objects(&pool->reserve),
				   &bound) ||
	    bound > max)
		return (size_t)max;
	return (size_t)bound;
}
