/* SPDX-License-Identifier: MIT */
/*
 * The whole library: workers come and go, objects migrate, others trim, reserve
 * and destroy.  With magazines of two objects, so that exchanges are frequent.
 */
#include <driftpool/pool.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "checker/arena.h"
#include "checker/interleave.h"
#include "lending.h"

#define M 2u
#define WORKERS 2u
#define LETTERS (3 * M)
#define PRODUCER 1u /* the thread */

static struct dp_pool *pool;
static struct dp_worker *workers[WORKERS];

/* What the producer borrowed and another one returns. */
static _Atomic(void *) letters[LETTERS];
static bool received[LETTERS];

/* What is out from begin() to end_refused(). */
static void *kept;

static void *
borrow(struct dp_worker *worker)
{
	lending_use(1);
	void *object = dp_borrow(worker);

	INTERLEAVE_REQUIRE(object);
	lending_take(object);
	return object;
}

static void
give_back(struct dp_worker *worker, void *object)
{
	lending_put(object);
	dp_return(worker, object);
	lending_use(-1);
}

/* The object goes on to another hand; it stays in use. */
static void
send(unsigned i, void *object)
{
	/* X1 release: pairs with X2.  The object as it was left. */
	atomic_store_explicit(&letters[i], object, memory_order_release);
}

/* NULL: not yet there. */
static void *
receive(unsigned i)
{
	/* X2 acquire: pairs with X1.  The object as it was left. */
	void *object = atomic_load_explicit(&letters[i], memory_order_acquire);

	if (!object || received[i])
		return NULL;
	lending_claim(object, PRODUCER);
	received[i] = true;
	return object;
}

/* --- What threads do ------------------------------------------------------ */

static void
borrow_and_return(void *worker)
{
	struct dp_worker *w = *(struct dp_worker **)worker;

	give_back(w, borrow(w));
}

/* Fills its cache over the brim, and takes all out again. */
static void
exchange(void *worker)
{
	struct dp_worker *w = *(struct dp_worker **)worker;
	void *objects[2 * M + 1];

	for (unsigned i = 0; i < 2 * M + 1; i++)
		objects[i] = borrow(w);
	for (unsigned i = 0; i < 2 * M + 1; i++)
		give_back(w, objects[i]);
}

/* Everything that one worker lends another one gets back. */
static void
drift(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < 16 * M; i++)
		give_back(workers[1], borrow(workers[0]));
}

static void
produce(void *worker)
{
	for (unsigned i = 0; i < LETTERS; i++)
		send(i, borrow(*(struct dp_worker **)worker));
}

/* A worker that only returns.  What comes too late is left to end(). */
static void
consume(void *worker)
{
	void *object;

	for (unsigned i = 0; i < LETTERS && (object = receive(i)); i++)
		give_back(*(struct dp_worker **)worker, object);
}

/* The same, and then ends. */
static void
consume_and_go(void *worker)
{
	consume(worker);
	dp_worker_detach(*(struct dp_worker **)worker);
	*(struct dp_worker **)worker = NULL;
}

static void
come_and_go(void *unused)
{
	(void)unused;
	struct dp_worker *w = dp_worker_attach(pool);

	INTERLEAVE_REQUIRE(w);
	give_back(w, borrow(w));
	dp_worker_detach(w);
}

static void
go(void *worker)
{
	dp_worker_detach(*(struct dp_worker **)worker);
	*(struct dp_worker **)worker = NULL;
}

static void
trim(void *unused)
{
	(void)unused;
	dp_pool_trim(pool, 0);
}

/* The trimmed slots come back, the first one on top of others. */
static void
trim_and_give(void *worker)
{
	struct dp_worker *w = *(struct dp_worker **)worker;
	void *objects[4 * M + 1];

	dp_pool_trim(pool, 0);
	for (unsigned i = 0; i < 4 * M + 1; i++)
		objects[i] = borrow(w);
	for (unsigned i = 0; i < 4 * M + 1; i++)
		give_back(w, objects[i]);
}

static void
reserve(void *unused)
{
	(void)unused;
	INTERLEAVE_REQUIRE(dp_pool_reserve(pool, M + 1) == 0);
}

static void
ask(void *unused)
{
	struct dp_stats stats;

	(void)unused;
	dp_pool_stats(pool, &stats);
	INTERLEAVE_REQUIRE(stats.destructed <= stats.constructed);
}

/* Nothing of the pool is left, or it stays as it was. */
static void
destroy(void *unused)
{
	(void)unused;
	if (dp_pool_destroy(pool) != 0)
		return;
	INTERLEAVE_REQUIRE(lending_things() == 0 && arena_blocks() == 0);
	pool = NULL;
}

/* While an object is out, which nobody knows of but the books. */
static void
destroy_in_vain(void *unused)
{
	(void)unused;
	INTERLEAVE_REQUIRE(dp_pool_destroy(pool) == -EBUSY);
}

/* --- Scenes --------------------------------------------------------------- */

/* Workers are there; the bound is held with so many more, and its own 2M. */
static void
begin(unsigned n_workers, unsigned bound_workers, unsigned more)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.object_size = LENDING_BYTES;
	config.magazine_size = M;
	memset(letters, 0, sizeof(letters));
	memset(received, 0, sizeof(received));
	lending_begin();
	pool = dp_pool_create(&config);
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = i < n_workers ? dp_worker_attach(pool) : NULL;
		if (workers[i])
			dp_worker_place(workers[i], (int)i);
	}
	lending_bound((bound_workers - 1) * 2 * M + more);
}

/* The sender's cache is full when it starts, so that objects move. */
static void
migration(void)
{
	begin(2, 2, 0);
	exchange(&workers[0]);
	interleave_start(produce, &workers[0]);
	interleave_start(consume, &workers[1]);
}

static void
drifting(void)
{
	begin(2, 2, 0);
	interleave_start(drift, NULL);
}

static void
only_return(void)
{
	begin(2, 2, 0);
	interleave_start(produce, &workers[0]);
	interleave_start(consume_and_go, &workers[1]);
}

static void
exchanges(void)
{
	begin(2, 2, 0);
	interleave_start(exchange, &workers[0]);
	interleave_start(exchange, &workers[1]);
}

static void
coming_and_going(void)
{
	begin(0, 2, 0);
	interleave_start(come_and_go, NULL);
	interleave_start(come_and_go, NULL);
}

static void
trimmed(void)
{
	begin(1, 1, M);
	exchange(&workers[0]);
	interleave_start(exchange, &workers[0]);
	interleave_start(trim, NULL);
}

static void
trimmed_by_two(void)
{
	begin(1, 1, 2 * M);
	exchange(&workers[0]);
	interleave_start(borrow_and_return, &workers[0]);
	interleave_start(trim, NULL);
	interleave_start(trim, NULL);
}

static void
trimmed_and_given(void)
{
	begin(2, 2, M);
	exchange(&workers[0]);
	interleave_start(exchange, &workers[0]);
	interleave_start(trim_and_give, &workers[1]);
}

static void
reserved(void)
{
	begin(1, 1, M + 1);
	interleave_start(exchange, &workers[0]);
	interleave_start(reserve, NULL);
}

static void
asked(void)
{
	begin(0, 2, 0);
	interleave_start(come_and_go, NULL);
	interleave_start(ask, NULL);
}

static void
destroyed(void)
{
	begin(1, 1, 0);
	exchange(&workers[0]);
	interleave_start(go, &workers[0]);
	interleave_start(destroy, NULL);
}

/* An object is out all the time, others come and go. */
static void
refused(void)
{
	begin(1, 2, 0);
	kept = borrow(workers[0]);
	dp_worker_detach(workers[0]);
	workers[0] = NULL;
	interleave_start(destroy_in_vain, NULL);
	interleave_start(come_and_go, NULL);
}

/* Nobody has anything, and nothing is left. */
static void
end(void)
{
	struct dp_stats stats;

	if (!pool)
		return;
	for (unsigned i = 0; i < WORKERS; i++)
		dp_worker_detach(workers[i]);
	dp_pool_stats(pool, &stats);
	INTERLEAVE_REQUIRE(lending_held() == 0 && stats.in_use == 0);
	INTERLEAVE_REQUIRE(stats.constructed - stats.destructed ==
			   lending_things());
	INTERLEAVE_REQUIRE(stats.depot == lending_things());
	INTERLEAVE_REQUIRE(dp_pool_audit(pool) == 0);
	destroy(NULL);
	INTERLEAVE_REQUIRE(!pool);
}

/* Late letters are returned first. */
static void
end_letters(void)
{
	void *object;

	for (unsigned i = 0; i < LETTERS; i++)
		if ((object = receive(i)))
			give_back(workers[0], object);
	end();
}

static void
end_refused(void)
{
	workers[0] = dp_worker_attach(pool);
	give_back(workers[0], kept);
	end();
}

int
main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "migration", migration, end_letters, { 2, 1, 0 } },
		{ "drifting", drifting, end, { 2, 1, 0 } },
		{ "only-return", only_return, end_letters, { 2, 1, 0 } },
		{ "exchanges", exchanges, end, { 2, 1, 0 } },
		{ "coming-and-going", coming_and_going, end, { 2, 1, 0 } },
		{ "trimmed", trimmed, end, { 2, 1, 0 } },
		{ "trimmed-by-two", trimmed_by_two, end, { 1, 1, 0 } },
		{ "trimmed-and-given", trimmed_and_given, end, { 2, 1, 0 } },
		{ "reserved", reserved, end, { 2, 1, 0 } },
		{ "asked", asked, end, { 1, 1, 0 } },
		{ "destroyed", destroyed, end, { 2, 1, 0 } },
		{ "refused", refused, end_refused, { 2, 1, 0 } },
	};

	return interleave_main(argc, argv, scenes,
			       sizeof(scenes) / sizeof(scenes[0]));
}
