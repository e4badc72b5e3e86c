/* SPDX-License-Identifier: MIT */
/*
 * For Valgrind: `late` writes to an object after its return, `reserved` to one
 * that was never lent; `well` does all that is right.
 */
#include <driftpool/pool.h>

#include <stdio.h>
#include <string.h>

#define BYTES 100
#define N 200

static char *constructed;

static int
construct(void *object, void *arg)
{
	(void)arg;
	constructed = object;
	/* The rest stays undefined: that is no error of ours. */
	constructed[0] = 'c';
	return 0;
}

static void
destruct(void *object, void *arg)
{
	(void)arg;
	memset(object, 'd', BYTES);
}

static void
use_well(struct dp_pool *pool, struct dp_worker *worker)
{
	void *objects[N];

	for (int turn = 0; turn < 3; turn++) {
		size_t n = dp_borrow_bulk(worker, objects, N);

		for (size_t i = 0; i < n; i++)
			memset(objects[i], turn, BYTES);
		dp_return_bulk(worker, objects, n);
		char *object = dp_borrow(worker);

		object[BYTES - 1] = 'x';
		dp_return(worker, object);
	}
	dp_pool_trim(pool, 1);
}

int
main(int argc, char **argv)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.object_size = BYTES;
	config.construct = construct;
	config.destruct = destruct;
	struct dp_pool *pool = dp_pool_create(&config);
	struct dp_worker *worker = pool ? dp_worker_attach(pool) : NULL;
	volatile char *object = worker ? dp_borrow(worker) : NULL;

	if (argc != 2 || !object) {
		fprintf(stderr, "late: allowed: late, reserved or well\n");
		return 2;
	}
	object[0] = 'a';
	dp_return(worker, (void *)object);
	if (strcmp(argv[1], "late") == 0)
		object[BYTES - 1] = 'b';
	else if (strcmp(argv[1], "reserved") == 0 &&
		 dp_pool_reserve(pool, 1) == 0)
		((volatile char *)constructed)[0] = 'b';
	else
		use_well(pool, worker);
	/* Not destroyed after a misuse: the checks would end it. */
	if (strcmp(argv[1], "well") != 0)
		return 0;
	dp_worker_detach(worker);
	return dp_pool_destroy(pool) != 0;
}
