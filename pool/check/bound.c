/* SPDX-License-Identifier: MIT */
/*
 * What the checks hold against its bound, of objects and of magazines; linked
 * into libraries with checks only.  pool/DESIGN.md derives both.
 */
#include <inttypes.h>

#include "check.h"
#include "misuse.h"
#include "core/pool.h"

void
dp__check_arrive(struct dp_pool *pool)
{
	struct check_pool *check = &pool->check;

	dp__check_lock(pool);
	check->workers++;
	if (check->workers > check->peak_workers)
		check->peak_workers = check->workers;
	dp__check_unlock(pool);
}

void
dp__check_gone(struct dp_pool *pool)
{
	dp__check_lock(pool);
	pool->check.workers--;
	dp__check_unlock(pool);
}

void
dp__check_trim(struct dp_pool *pool, size_t n)
{
	dp__check_lock(pool);
	pool->check.footprint -= n;
	pool->check.trimming += n;
	pool->check.magazines -= (int64_t)(n / pool->store.magazine_size);
	dp__check_unlock(pool);
}

void
dp__check_untrim(struct dp_pool *pool, size_t n, size_t condemned)
{
	dp__check_lock(pool);
	pool->check.footprint += n - condemned;
	pool->check.trimming -= n;
	pool->check.magazines +=
		(int64_t)(n / pool->store.magazine_size) - (condemned > 0);
	dp__check_unlock(pool);
}

void
dp__check_bound(struct dp_pool *pool)
{
	dp__check_lock(pool);
	uint64_t footprint = pool->check.footprint;
	uint64_t peak = pool->check.peak;
	uint64_t bound = dp_pool_bound(pool, peak);

	/* A trimmer's magazine may make it less than nothing for a moment. */
	if ((int64_t)footprint > (int64_t)bound && bound <= INT64_MAX)
		dp__misused(pool,
			    "footprint %" PRIu64 " above the bound %" PRIu64
			    " for a peak of %" PRIu64 " in use",
			    footprint, bound, peak);
	dp__check_unlock(pool);
}

void
dp__check_magazines(struct dp_pool *pool, int n)
{
	struct check_pool *check = &pool->check;

	dp__check_lock(pool);
	check->magazines += n;
	uint64_t objects = check->footprint + check->trimming;
	uint64_t bound = objects / pool->store.magazine_size +
			 UINT64_C(4) * check->peak_workers;

	if (n > 0 && dp__backend_shares && check->magazines > (int64_t)bound)
		dp__misused(pool,
			    "%" PRId64 " magazines above the bound %" PRIu64
			    " for %" PRIu64 " objects and %" PRIu32
			    " workers at once",
			    check->magazines, bound, objects,
			    check->peak_workers);
	dp__check_unlock(pool);
}
