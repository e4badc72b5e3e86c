/* SPDX-License-Identifier: MIT */
/* Magazines that leave a cache for good, as their worker does or is parked. */
#include <string.h>

#include "pool.h"

static void
give_or_discard(struct dp_pool *pool, struct seat *seat, struct magazine *m,
		uint32_t n)
{
	if (!pool_give(pool, seat, m, n))
		dp__pool_discard(pool, &seat->counts, m);
}

/*
 * Gives a partly filled magazine, into another such one first: so partial
 * magazines do not multiply as workers come and go.
 */
static void
donate_partial(struct dp_pool *pool, struct seat *seat, struct magazine *m,
	       uint32_t n)
{
	uint32_t size = pool->store.magazine_size;
	struct magazine *other = pool_take_partial(pool, seat);

	if (other) {
		uint32_t have = magazine_count(other);
		uint32_t part = n < size - have ? n : size - have;

		n -= part;
		memcpy(other->body + have, m->body + n,
		       part * sizeof(*m->body));
		give_or_discard(pool, seat, other, have + part);
	}
	if (n > 0)
		give_or_discard(pool, seat, m, n);
	else
		dp__store_free(&pool->store, m);
}

void
dp__pool_donate(struct dp_pool *pool, struct seat *seat, struct magazine *m,
		uint32_t n)
{
	if (n == pool->store.magazine_size)
		give_or_discard(pool, seat, m, n);
	else if (n > 0)
		donate_partial(pool, seat, m, n);
	else
		dp__store_free(&pool->store, m);
}
