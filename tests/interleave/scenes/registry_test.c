/* SPDX-License-Identifier: MIT */
/* The registry: sums while workers come and go, and the last one's end. */
#include <string.h>

#include "checker/arena.h"
#include "checker/interleave.h"
#include "core/worker.h"

static struct registry *registry;
static struct worker *workers[3];

/* A worker that has counted two objects as constructed, and flushed one. */
static struct worker *
make(void)
{
	struct worker *w = arena_alloc(sizeof(*w), _Alignof(struct worker));

	/* Nobody else has it yet. */
	memset(w, 0, sizeof(*w));
	counts_add(&w->seat.counts, CONSTRUCTED, 2);
	counts_add(&w->seat.counts, FLUSHED, 1);
	return w;
}

/* So many workers are there. */
static void
begin(unsigned n)
{
	registry = arena_alloc(sizeof(*registry), _Alignof(struct registry));
	dp__registry_init(registry);
	for (unsigned i = 0; i < n; i++) {
		workers[i] = make();
		dp__registry_add(registry, workers[i]);
	}
}

static void
leave(void *w)
{
	dp__registry_remove(registry, *(struct worker **)w);
	arena_free(*(struct worker **)w);
	dp__registry_left(registry);
}

static void
arrive(void *unused)
{
	(void)unused;
	dp__registry_add(registry, make());
}

static void
sum_one(void *unused)
{
	struct totals totals;

	(void)unused;
	dp__registry_sum(registry, &totals);
	INTERLEAVE_REQUIRE(totals.of[CONSTRUCTED] == 2);
	INTERLEAVE_REQUIRE(totals.of[FLUSHED] == 1);
}

static void
sum_two(void *unused)
{
	struct totals totals;

	(void)unused;
	dp__registry_sum(registry, &totals);
	INTERLEAVE_REQUIRE(totals.of[CONSTRUCTED] == 4);
	INTERLEAVE_REQUIRE(totals.of[FLUSHED] == 2);
}

/* One or two workers, and each with both its counts. */
static void
sum_growing(void *unused)
{
	struct totals totals;

	(void)unused;
	dp__registry_sum(registry, &totals);
	INTERLEAVE_REQUIRE(totals.of[CONSTRUCTED] == 2 ||
			   totals.of[CONSTRUCTED] == 4);
	INTERLEAVE_REQUIRE(totals.of[CONSTRUCTED] == 2 * totals.of[FLUSHED]);
}

static void
fold(void *unused)
{
	struct counts counts = { 0 };

	(void)unused;
	counts_add(&counts, CONSTRUCTED, 2);
	counts_add(&counts, FLUSHED, 1);
	dp__registry_fold(registry, &counts);
	INTERLEAVE_REQUIRE(counts_get(&counts, CONSTRUCTED) == 0);
}

/* As dp_pool_stats() does. */
static void
most(void *unused)
{
	(void)unused;
	uint32_t now = dp__registry_workers(registry);

	INTERLEAVE_REQUIRE(now <= dp__registry_peak(registry));
}

/* As dp_pool_destroy() does: frees all, if nobody is left. */
static void
destroy(void *unused)
{
	(void)unused;
	if (dp__registry_workers(registry) > 0)
		return;
	dp__registry_fini(registry);
	arena_free(registry);
	registry = NULL;
}

/* --- Scenes --------------------------------------------------------------- */

static void
leaving(void)
{
	begin(1);
	interleave_start(sum_one, NULL);
	interleave_start(leave, &workers[0]);
}

static void
both_leaving(void)
{
	begin(2);
	interleave_start(sum_two, NULL);
	interleave_start(leave, &workers[0]);
	interleave_start(leave, &workers[1]);
}

static void
folding(void)
{
	begin(1);
	interleave_start(sum_growing, NULL);
	interleave_start(fold, NULL);
}

static void
arriving(void)
{
	begin(1);
	interleave_start(sum_growing, NULL);
	interleave_start(arrive, NULL);
}

static void
coming_and_going(void)
{
	begin(1);
	interleave_start(sum_growing, NULL);
	interleave_start(arrive, NULL);
	interleave_start(leave, &workers[0]);
}

static void
most_arriving(void)
{
	begin(1);
	interleave_start(most, NULL);
	interleave_start(arrive, NULL);
}

static void
last_one(void)
{
	begin(1);
	interleave_start(leave, &workers[0]);
	interleave_start(destroy, NULL);
}

/* The sums are exact once nothing moves, and the list holds who is there. */
static void
end(void)
{
	struct totals totals;
	uint32_t listed = 0;

	if (!registry)
		return;
	dp__registry_sum(registry, &totals);
	for (const struct worker *w = dp__registry_first(registry); w;
	     w = dp__registry_next(w))
		listed++;
	INTERLEAVE_REQUIRE(listed == dp__registry_workers(registry));
	INTERLEAVE_REQUIRE(totals.of[CONSTRUCTED] == 2 * totals.of[FLUSHED]);
	INTERLEAVE_REQUIRE(arena_blocks() == 1 + listed);
}

int
main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "leaving", leaving, end, { 2, 1, 0 } },
		{ "both-leaving", both_leaving, end, { 1, 1, 0 } },
		{ "folding", folding, end, { 2, 1, 0 } },
		{ "arriving", arriving, end, { 3, 3, 0 } },
		{ "coming-and-going", coming_and_going, end, { 1, 1, 0 } },
		{ "last-one", last_one, end, { 2, 2, 0 } },
		{ "most", most_arriving, end, { 2, 2, 0 } },
	};

	return interleave_main(argc, argv, scenes,
			       sizeof(scenes) / sizeof(scenes[0]));
}
