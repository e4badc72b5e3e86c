/* SPDX-License-Identifier: MIT */
/*
 * A thread pool: tasks borrow a buffer, are suspended, and resume on whatever
 * thread takes them next, which returns the buffer by its own worker.
 */
#include <driftpool/pool.h>
#include <pthread.h>
#include <stdio.h>

#define THREADS 4
#define TASKS 256u /* at once */
#define TURNS 250u /* of each: a borrow, a suspension, a return */

/* Suspended tasks, oldest first; by the lock.  All zeroes: to be begun. */
static struct task {
	void *buffer;
	const struct dp_worker *lender; /* of the buffer; to compare only */
	unsigned turns;
} queue[TASKS];
static unsigned put = TASKS, taken, turns, migrated; /* by the lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* To the task's next suspension; 0: at its end, or out of memory. */
static int
resume(struct task *task, struct dp_worker *worker)
{
	if (!task->buffer) {
		task->lender = worker;
		return (task->buffer = dp_borrow(worker)) != NULL;
	}
	dp_return(worker, task->buffer);
	task->buffer = NULL;
	return ++task->turns < TURNS;
}

static void *
work(void *pool)
{
	/* The thread's: a task uses that of where it runs, and keeps none. */
	struct dp_worker *worker = dp_worker_attach(pool);
	pthread_mutex_lock(&lock);
	/* Whoever has a task in hand goes on with it, so none is left. */
	while (worker && taken < put) {
		struct task task = queue[taken++ % TASKS];
		turns += task.buffer != NULL;
		migrated += task.buffer && task.lender != worker;
		pthread_mutex_unlock(&lock);
		int suspended = resume(&task, worker);
		pthread_mutex_lock(&lock);
		if (suspended)
			queue[put++ % TASKS] = task;
	}
	pthread_mutex_unlock(&lock);
	dp_worker_detach(worker);
	return NULL;
}

int
main(void)
{
	struct dp_config config = DP_CONFIG_INIT;
	config.object_size = 4096;
	struct dp_pool *pool = dp_pool_create(&config);
	struct dp_stats stats;
	pthread_t threads[THREADS];
	int n = 0;

	if (!pool)
		return 1;
	pthread_mutex_lock(&lock); /* all begin when all are there */
	while (n < THREADS && !pthread_create(&threads[n], NULL, work, pool))
		n++;
	pthread_mutex_unlock(&lock);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	dp_pool_stats(pool, &stats);
	printf("%s: %u turns, %u migrated, %d constructed\n", dp_backend_name(),
	       turns, migrated, (int)stats.constructed);
	return turns == TASKS * TURNS && dp_pool_destroy(pool) == 0 ? 0 : 1;
}
