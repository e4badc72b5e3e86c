/* SPDX-License-Identifier: MIT */
/*
 * For Valgrind.  `late` writes to an object after its return, `bulk` and
 * `thread` after one of that kind, `reserved` to one that was never lent;
 * `twice` returns one twice; `well` does all that is right, and `seen` says
 * whether the inline path sees what is cached.
 */
#include <driftpool/pool.h>

#include <stdio.h>
#include <string.h>

#define BYTES 100
#define N 200

static struct dp_pool *pool;
static struct dp_worker *worker;
static volatile char *object;
static char *constructed;

static int
construct(void *memory, void *arg)
{
	(void)arg;
	constructed = memory;
	/* The rest stays undefined: that is no error of ours. */
	constructed[0] = 'c';
	return 0;
}

static void
destruct(void *memory, void *arg)
{
	(void)arg;
	memset(memory, 'd', BYTES);
}

static int
late(void)
{
	dp_return(worker, (void *)object);
	object[BYTES - 1] = 'b';
	return 0;
}

static int
bulk(void)
{
	void *objects[] = { (void *)object };

	dp_return_bulk(worker, objects, 1);
	object[0] = 'b';
	return 0;
}

static int
thread(void)
{
	dp_pool_return(pool, (void *)object);
	object[0] = 'b';
	return 0;
}

static int
reserved(void)
{
	if (dp_pool_reserve(pool, 1) == 0)
		((volatile char *)constructed)[0] = 'b';
	return 0;
}

static int
twice(void)
{
	dp_return(worker, (void *)object);
	dp_return(worker, (void *)object);
	return 0;
}

static void
use_well(void)
{
	void *objects[N];

	for (int turn = 0; turn < 3; turn++) {
		size_t n = dp_borrow_bulk(worker, objects, N);

		for (size_t i = 0; i < n; i++)
			memset(objects[i], turn, BYTES);
		dp_return_bulk(worker, objects, n);
		object = dp_borrow(worker);
		object[BYTES - 1] = 'x';
		dp_return(worker, (void *)object);
		object = dp_pool_borrow(pool);
		object[0] = 'y';
		dp_pool_return(pool, (void *)object);
		dp_worker_park(worker);
	}
	dp_pool_trim(pool, 1);
}

static int
well(void)
{
	dp_return(worker, (void *)object);
	use_well();
	dp_worker_detach(worker);
	return dp_pool_destroy(pool) != 0;
}

static int
seen(void)
{
	dp_return(worker, (void *)object);
	/* LA1 relaxed: the owner's own. */
	printf("%s\n",
	       atomic_load_explicit(&worker->n, memory_order_relaxed) > 0
		       ? "shown"
		       : "hidden");
	return 0;
}

static const struct deed {
	const char *name;
	int (*act)(void);
} deeds[] = {
	{ "late", late },   { "bulk", bulk }, { "thread", thread },
	{ "twice", twice }, { "well", well }, { "reserved", reserved },
	{ "seen", seen },
};
#define N_DEEDS (sizeof(deeds) / sizeof(deeds[0]))

int
main(int argc, char **argv)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.object_size = BYTES;
	config.construct = construct;
	config.destruct = destruct;
	pool = dp_pool_create(&config);
	worker = pool ? dp_worker_attach(pool) : NULL;
	object = worker ? dp_borrow(worker) : NULL;
	if (!object)
		return 2;
	object[0] = 'a';
	/* Nothing is destroyed after a misuse: the checks would end it. */
	for (size_t i = 0; argc == 2 && i < N_DEEDS; i++)
		if (strcmp(argv[1], deeds[i].name) == 0)
			return deeds[i].act();
	fprintf(stderr, "late: allowed:");
	for (size_t i = 0; i < N_DEEDS; i++)
		fprintf(stderr, " %s", deeds[i].name);
	fprintf(stderr, "\n");
	return 2;
}
