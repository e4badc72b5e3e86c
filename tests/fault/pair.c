/* SPDX-License-Identifier: MIT */
/* All that a worker can be doing, and a pool to do it on. */
#include "pair.h"

#include <string.h>

#include "support/books.h"
#include "support/harness.h"

#define M 2
#define STOCK (64 * M)

void
pair_exchange(void *arg)
{
	struct pair *pair = arg;

	for (int i = 0; i < PAIR_OBJECTS; i++) {
		pair->others[i] = dp_borrow(pair->other);
		if (!pair->others[i])
			harness_fail("objects borrowed meanwhile", 1, 0);
	}
	for (int i = 0; i < PAIR_OBJECTS; i++)
		dp_return(pair->other, pair->others[i]);
	pair->exchanges++;
}

static void
borrow(void *arg)
{
	struct pair *pair = arg;

	for (int i = 0; i < PAIR_OBJECTS; i++)
		pair->objects[i] = dp_borrow(pair->mine);
}

static void
give_back(void *arg)
{
	struct pair *pair = arg;

	for (int i = 0; i < PAIR_OBJECTS; i++)
		dp_return(pair->mine, pair->objects[i]);
}

static void
borrow_bulk(void *arg)
{
	struct pair *pair = arg;

	dp_borrow_bulk(pair->mine, pair->objects, PAIR_OBJECTS);
}

static void
return_bulk(void *arg)
{
	struct pair *pair = arg;

	dp_return_bulk(pair->mine, pair->objects, PAIR_OBJECTS);
}

static void
borrow_on_thread(void *arg)
{
	struct pair *pair = arg;

	for (int i = 0; i < PAIR_OBJECTS; i++)
		pair->objects[i] = dp_pool_borrow(pair->pool);
}

static void
return_on_thread(void *arg)
{
	struct pair *pair = arg;

	for (int i = 0; i < PAIR_OBJECTS; i++)
		dp_pool_return(pair->pool, pair->objects[i]);
}

static void
detach_thread(void *arg)
{
	struct pair *pair = arg;

	dp_thread_detach(pair->pool);
}

static void
attach(void *arg)
{
	struct pair *pair = arg;

	pair->mine = dp_worker_attach(pair->pool);
}

static void
detach(void *arg)
{
	struct pair *pair = arg;

	dp_worker_detach(pair->mine);
	pair->mine = NULL;
}

static void
attach_and_use(void *arg)
{
	attach(arg);
	borrow(arg);
	give_back(arg);
}

static void
attach_and_borrow(void *arg)
{
	attach(arg);
	borrow(arg);
}

static void
give_back_and_detach(void *arg)
{
	give_back(arg);
	detach(arg);
}

static void
return_on_thread_and_detach(void *arg)
{
	return_on_thread(arg);
	detach_thread(arg);
}

/* The backend `none` does not reserve: then nothing is trimmed either. */
static void
reserve(void *arg)
{
	struct pair *pair = arg;

	dp_pool_reserve(pair->pool, 2 * M);
}

static void
trim(void *arg)
{
	struct pair *pair = arg;

	dp_pool_trim(pair->pool, STOCK - M);
}

static void
look(void *arg)
{
	struct pair *pair = arg;
	struct dp_stats stats;

	dp_pool_stats(pair->pool, &stats);
	dp_pool_bound(pair->pool, 1);
}

static void
park(void *arg)
{
	struct pair *pair = arg;

	dp_worker_park(pair->mine);
}

static void
attach_and_park(void *arg)
{
	attach_and_use(arg);
	park(arg);
}

const struct deed deeds[] = {
	{ "borrow", attach, borrow, give_back_and_detach, false },
	{ "return", attach_and_borrow, give_back, detach, false },
	{ "borrow_bulk", attach, borrow_bulk, give_back_and_detach, false },
	{ "return_bulk", attach_and_borrow, return_bulk, detach, false },
	{ "pool_borrow", NULL, borrow_on_thread, return_on_thread_and_detach,
	  true },
	{ "pool_return", borrow_on_thread, return_on_thread, detach_thread,
	  true },
	{ "thread_detach", borrow_on_thread, detach_thread, return_on_thread,
	  true },
	{ "attach", NULL, attach, detach, true },
	{ "detach", attach_and_use, detach, NULL, true },
	{ "reserve", NULL, reserve, trim, true },
	{ "trim", reserve, trim, NULL, true },
	{ "park", attach_and_use, park, detach, false },
	{ "come back", attach_and_park, borrow, give_back_and_detach, false },
	{ "stats", NULL, look, NULL, false },
};

const size_t n_deeds = sizeof(deeds) / sizeof(deeds[0]);

void
pair_begin(struct pair *pair)
{
	struct dp_config config = DP_CONFIG_INIT;

	memset(pair, 0, sizeof(*pair));
	config.object_size = 64;
	config.magazine_size = M;
	pair->pool = dp_pool_create(&config);
	assert_non_null(pair->pool);
	dp_pool_reserve(pair->pool, STOCK);
	pair->other = dp_worker_attach(pair->pool);
	assert_non_null(pair->other);
	pair_exchange(pair);
}

void
pair_end(struct pair *pair)
{
	dp_worker_detach(pair->other);
	balanced_stats(pair->pool);
	assert_int_equal(dp_pool_destroy(pair->pool), 0);
}
