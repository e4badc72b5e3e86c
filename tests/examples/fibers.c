/* SPDX-License-Identifier: MIT */
/*
 * Fiber-local storage: a fiber finds what an earlier one left under the key, is
 * suspended with a pointer to its table, and ends on another thread.
 */
#include <driftpool/keytable.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH 100 /* fibers that live at once */
#define BATCHES 1000
static struct dp_pool *tables;
static struct dp_key key;
static struct dp_keytable *fibers[BATCH]; /* of the thread whose turn it is */
static pthread_barrier_t turn;
static int begun, made; /* by the one thread that begins them */

/* Runs when a table is given up, not when its fiber ends. */
static void
buffer_free(void *buffer, struct dp_keytable *table)
{
	(void)table;
	free(buffer);
}

/* A fiber's first part: finds a buffer to work in, or makes one. */
static void
fiber_begin(struct dp_keytable **table, struct dp_worker *worker)
{
	void *buffer;

	/* NULL also where there is no memory for a table. */
	begun += dp_keytable_get(table, worker, key, &buffer) == 0;
	if (buffer || !(buffer = malloc(4096)))
		return;
	if (dp_keytable_set(table, worker, key, buffer) != 0)
		free(buffer);
	else
		made++;
}

static void *
run(void *ends)
{
	struct dp_worker *worker = dp_worker_attach(tables);
	for (int batch = 0; batch < BATCHES; batch++) {
		/* One thread begins fibers, the other one ends them. */
		for (int i = 0; !ends && i < BATCH; i++)
			fiber_begin(&fibers[i], worker);
		pthread_barrier_wait(&turn);
		for (int i = 0; ends && i < BATCH; i++)
			dp_keytable_end(&fibers[i], worker);
		pthread_barrier_wait(&turn);
	}
	dp_worker_detach(worker);
	return NULL;
}

int
main(void)
{
	struct dp_config config = DP_CONFIG_INIT;
	struct dp_stats stats;
	pthread_t thread;

	tables = dp_keytable_pool_create(&config);
	if (!tables || dp_key_create(&key, buffer_free) != 0 ||
	    pthread_barrier_init(&turn, NULL, 2) != 0 ||
	    pthread_create(&thread, NULL, run, fibers) != 0)
		return 1;
	run(NULL);
	pthread_join(thread, NULL);
	dp_pool_stats(tables, &stats);
	printf("%s: %d fibers, %d buffers, %d constructed\n", dp_backend_name(),
	       begun, made, (int)stats.constructed);
	/* The pool first: what is under a deleted key is never freed. */
	return dp_pool_destroy(tables) || dp_key_delete(key) ||
	       begun != BATCH * BATCHES;
}
