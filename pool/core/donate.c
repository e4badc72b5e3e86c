/* SPDX-License-Identifier: MIT */
/* Magazines that leave a cache for good, as their worker does or is parked. */
#include <string.h>

#include "pool.h"

static void
give(struct dp_pool *pool, struct seat *seat, struct magazine *m, uint32_t n,
     struct list *surplus)
{
	if (!pool_give(pool, seat, m, n))
		list_push(surplus, m);
}

/*
 * Gives a partly filled magazine, into another such one first: so partial
 * magazines do not multiply as workers come and go.
 */
static void
give_partial(struct dp_pool *pool, struct seat *seat, struct magazine *m,
	     uint32_t n, struct list *surplus)
{
	uint32_t size = pool->store.magazine_size;
	struct magazine *other = pool_take_partial(pool, seat);

	if (other) {
		uint32_t have = magazine_count(other);
		uint32_t part = n < size - have ? n : size - have;

		n -= part;
		memcpy(other->body + have, m->body + n,
		       part * sizeof(*m->body));
		give(pool, seat, other, have + part, surplus);
	}
	if (n > 0)
		give(pool, seat, m, n, surplus);
	else
		pool_free_empty(pool, m);
}

void
dp__pool_give_any(struct dp_pool *pool, struct seat *seat, struct magazine *m,
		  uint32_t n, struct list *surplus)
{
	if (n == pool->store.magazine_size)
		give(pool, seat, m, n, surplus);
	else if (n > 0)
		give_partial(pool, seat, m, n, surplus);
	else
		pool_free_empty(pool, m);
}

void
dp__pool_discard_all(struct dp_pool *pool, struct counts *counts,
		     struct list *list)
{
	struct magazine *m;

	while ((m = list_pop(list, &pool->store.table)))
		dp__pool_discard(pool, counts, m);
}

void
dp__pool_donate(struct dp_pool *pool, struct seat *seat, struct magazine *m,
		uint32_t n)
{
	struct list surplus = { 0 };

	dp__pool_give_any(pool, seat, m, n, &surplus);
	dp__pool_discard_all(pool, &seat->counts, &surplus);
}
