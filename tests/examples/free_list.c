/* SPDX-License-Identifier: MIT */
/*
 * From a free list for each thread to a pool.  What one thread takes and
 * another one gives back piles up there, and the first allocates for ever.
 */
#include <driftpool/pool.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH 100 /* objects in use at once */
#define BATCHES 1000

static struct dp_pool *pool;      /* NULL: as it was before */
static _Thread_local void **list; /* the first word of each: the next one */
static int allocated;             /* by the one thread that takes */
static void *batch[BATCH];        /* of the thread whose turn it is */
static pthread_barrier_t turn;

static void *
list_take(void)
{
	void **object = list ? list : malloc(256);
	allocated += !list;
	list = list ? *list : NULL;
	return object;
}

static void
list_give(void *object)
{
	*(void **)object = list;
	list = object;
}

/* NULL: the thread that takes; else the one that gives back. */
static void *
run(void *gives)
{
	for (int n = 0; n < BATCHES; n++) {
		for (int i = 0; !gives && i < BATCH; i++)
			batch[i] = pool ? dp_pool_borrow(pool) : list_take();
		pthread_barrier_wait(&turn);
		for (int i = 0; gives && i < BATCH; i++)
			if (batch[i] && pool)
				dp_pool_return(pool, batch[i]);
			else if (batch[i]) /* NULL: out of memory */
				list_give(batch[i]);
		pthread_barrier_wait(&turn);
	}
	/* A list has to be freed when its thread ends; workers see to it. */
	for (void **next; list; list = next) {
		next = *list;
		free(list);
	}
	return NULL;
}

int
main(void)
{
	struct dp_config config = DP_CONFIG_INIT;
	config.object_size = 256;
	struct dp_stats stats;
	pthread_t thread;

	if (pthread_barrier_init(&turn, NULL, 2) != 0)
		return 1;
	for (int after = 0; after < 2; after++) {
		if ((after && !(pool = dp_pool_create(&config))) ||
		    pthread_create(&thread, NULL, run, batch) != 0)
			return 1;
		run(NULL);
		pthread_join(thread, NULL);
	}
	dp_pool_stats(pool, &stats);
	printf("%s: %d by lists, %d constructed\n", dp_backend_name(),
	       allocated, (int)stats.constructed);
	return dp_pool_destroy(pool) == 0 ? 0 : 1;
}
