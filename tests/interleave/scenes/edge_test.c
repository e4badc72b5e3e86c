/* SPDX-License-Identifier: MIT */
/*
 * The library, and how often a worker exchanges: not again before M operations,
 * whatever it does, so that one that stays at an edge of its cache does not
 * flush and refill at each step.  With magazines of three objects: those of two
 * would hide a flush of all that is there.
 */
#include <driftpool/pool.h>

#include "checker/arena.h"
#include "checker/interleave.h"
#include "lending.h"
#include "core/worker.h"

#define M 3u
#define CACHE (2 * M)
#define OPERATIONS (3 * M)
#define WORKERS 2u
#define HAND (CACHE + OPERATIONS)

/* What a thread has.  Its own until the end. */
struct hand {
	struct dp_worker *worker;
	void *objects[HAND + OPERATIONS];
	unsigned n;
};

static struct dp_pool *pool;
static struct hand hands[WORKERS];

/* --- What threads do ------------------------------------------------------ */

static void
borrow(struct hand *hand)
{
	void *object = dp_borrow(hand->worker);

	INTERLEAVE_REQUIRE(object);
	lending_take(object);
	hand->objects[hand->n++] = object;
}

static void
give_back(struct hand *hand)
{
	void *object = hand->objects[--hand->n];

	lending_put(object);
	dp_return(hand->worker, object);
}

/* The hand is full, and its worker has so many objects. */
static void
fill(struct hand *hand, unsigned cached)
{
	for (unsigned i = 0; i < HAND; i++)
		borrow(hand);
	for (unsigned i = 0; i < cached; i++)
		give_back(hand);
}

static void
clear(struct hand *hand)
{
	while (hand->n > 0)
		give_back(hand);
}

static uint64_t
exchanges(const struct hand *hand)
{
	const struct counts *counts = &worker_of(hand->worker)->seat.counts;

	return counts_get(counts, REFILLS) + counts_get(counts, FLUSHES);
}

/* Does one operation; returns whether it exchanged, be it more than once. */
static bool
exchanged_by(void (*operation)(struct hand *hand), struct hand *hand)
{
	uint64_t before = exchanges(hand);

	operation(hand);
	return exchanges(hand) != before;
}

/* All sequences of so many operations, from each number of objects. */
static void
do_anything(void *arg)
{
	struct hand *hand = arg;
	unsigned since = M; /* operations after the last exchange */

	fill(hand, interleave_choose(CACHE + 1));
	for (unsigned i = 0; i < OPERATIONS; i++) {
		since++;
		if (!exchanged_by(interleave_choose(2) ? borrow : give_back,
				  hand))
			continue;
		INTERLEAVE_REQUIRE(since >= M);
		since = 0;
	}
	clear(hand);
}

/* One more and one less than the cache holds, again and again. */
static void
stay_at_the_edge(void *arg)
{
	struct hand *hand = arg;
	unsigned n = 0;

	fill(hand, CACHE);
	for (unsigned i = 0; i < M; i++) {
		n += exchanged_by(give_back, hand);
		n += exchanged_by(borrow, hand);
		n += exchanged_by(borrow, hand);
		n += exchanged_by(give_back, hand);
	}
	INTERLEAVE_REQUIRE(n == 1);
	clear(hand);
}

/* --- Scenes --------------------------------------------------------------- */

static void
begin(unsigned n)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.object_size = LENDING_BYTES;
	config.magazine_size = M;
	lending_begin();
	pool = dp_pool_create(&config);
	for (unsigned i = 0; i < WORKERS; i++)
		hands[i] = (struct hand){
			.worker = i < n ? dp_worker_attach(pool) : NULL,
		};
	INTERLEAVE_REQUIRE(dp_pool_reserve(pool, n * (HAND + CACHE)) == 0);
}

static void
anything(void)
{
	begin(1);
	interleave_start(do_anything, &hands[0]);
}

static void
edges(void)
{
	begin(2);
	interleave_start(stay_at_the_edge, &hands[0]);
	interleave_start(stay_at_the_edge, &hands[1]);
}

/* Nobody has anything, and nothing is left. */
static void
end(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		dp_worker_detach(hands[i].worker);
	INTERLEAVE_REQUIRE(lending_held() == 0);
	INTERLEAVE_REQUIRE(dp_pool_audit(pool) == 0);
	INTERLEAVE_REQUIRE(dp_pool_destroy(pool) == 0);
	INTERLEAVE_REQUIRE(lending_things() == 0 && arena_blocks() == 0);
}

int
main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "anything", anything, end, { 0, 0, 0 } },
		{ "edges", edges, end, { 1, 0, 0 } },
	};

	return interleave_main(argc, argv, scenes,
			       sizeof(scenes) / sizeof(scenes[0]));
}
