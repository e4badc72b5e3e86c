/* SPDX-License-Identifier: MIT */
/* Objects given up: by who asks for it, and by workers that exchange. */
#include <errno.h>

#include "pool.h"
#include "worker.h"

/*
 * A magazine to give up, a full one that takes would come to last or any; NULL:
 * none.  Here its objects are in nobody's cache, and so in no bound: the checks
 * count them as condemned from before they come, the totals from then on.
 */
static struct magazine *
condemn(struct dp_pool *pool, struct seat *seat, bool last)
{
	uint32_t size = pool->store.magazine_size;

	dp__check_trim(pool, size);
	struct magazine *m =
		last ? pool_take_last(pool, seat) : pool_take(pool, seat);
	uint32_t count = m ? magazine_count(m) : 0;

	if (m)
		PROBE3(trim, pool->name, seat, count);
	dp__check_untrim(pool, size, count);
	reserve_give_back(&pool->reserve, count);
	counts_add(&seat->counts, DESTRUCTED, count);
	return m;
}

/* Destructs the objects, and frees the magazine; returns how many. */
static size_t
execute(struct dp_pool *pool, struct magazine *m)
{
	uint32_t count = magazine_count(m);

	for (uint32_t i = count; i-- > 0;) {
		dp__check_trimmed(pool, m->body[i]);
		dp__pool_unmake(pool, m->body[i]);
	}
	dp__store_free(&pool->store, m);
	return count;
}

/* --- Asked for ------------------------------------------------------------ */

/* NULL: no more to give up, or not without going below `keep`. */
static struct magazine *
condemn_above(struct dp_pool *pool, struct seat *seat, size_t keep)
{
	uint32_t size = pool->store.magazine_size;
	uint64_t depot = dp__backend_count(&pool->backend);

	if (keep > 0 && keep != DP_KEEP_NEEDED &&
	    (depot < size || depot - size < keep))
		return NULL;
	struct magazine *m = condemn(pool, seat, keep == DP_KEEP_NEEDED);

	dp__registry_fold(&pool->registry, &seat->counts);
	return m;
}

/* What to give up at most: what others give meanwhile may stay. */
static uint64_t
trim_limit(struct dp_pool *pool, size_t keep)
{
	if (keep == DP_KEEP_NEEDED)
		return dp__backend_unneeded(&pool->backend) *
		       pool->store.magazine_size;
	return dp__backend_count(&pool->backend);
}

/* Frees the magazines that hold nothing. */
static void
free_empties(struct dp_pool *pool, struct seat *seat)
{
	struct magazine *m;

	for (uint32_t left = dp__store_slots(&pool->store);
	     left > 0 && (m = dp__backend_take_empty(&pool->backend, seat));
	     left--)
		pool_free_empty(pool, m);
}

size_t
dp_pool_trim(struct dp_pool *pool, size_t keep)
{
	struct magazine *m;
	struct seat seat;

	dp__backend_join(&pool->backend, &seat);
	size_t given_up = (size_t)dp__pool_gather(pool, &seat);
	uint64_t limit = given_up + trim_limit(pool, keep);

	while (given_up < limit && (m = condemn_above(pool, &seat, keep)))
		given_up += execute(pool, m);
	free_empties(pool, &seat);
	dp__registry_fold(&pool->registry, &seat.counts);
	dp__backend_leave(&pool->backend, &seat);
	if (given_up > 0)
		dp__source_purge(&pool->source);
	return given_up;
}

/* --- Trimming by who exchanges ------------------------------------------- */

/* Exchanges are told to the pool so many at a time: it is a shared line. */
#define EXCHANGES_TOLD 16u

/* Tells the pool; whose exchanges end an interval has its surplus to trim. */
static void
tell_exchanges(struct worker *w)
{
	struct dp_pool *pool = w->pool;
	uint64_t n = w->exchanges;

	if (n < EXCHANGES_TOLD && n < pool->trim)
		return;
	w->exchanges = 0;
	/* P3 relaxed: a number. */
	uint64_t before = atomic_fetch_add_explicit(&pool->exchanges, n,
						    memory_order_relaxed);

	if (before / pool->trim != (before + n) / pool->trim)
		w->to_trim = dp__backend_unneeded(&pool->backend);
}

void
dp__trim_after_exchange(struct worker *w)
{
	int error = errno;
	struct magazine *m = NULL;

	tell_exchanges(w);
	if (w->to_trim > 0) {
		w->to_trim--;
		m = condemn(w->pool, &w->seat, true);
	}
	if (m)
		execute(w->pool, m);
	else
		w->to_trim = 0;
	errno = error;
}
