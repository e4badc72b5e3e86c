/* SPDX-License-Identifier: MIT */
/*
 * Hand-over: one thread writes messages, another one reads and returns them.
 * A thread's worker is attached at its first borrow or return, and detached at
 * its end.
 */
#include <driftpool/pool.h>
#include <pthread.h>
#include <stdio.h>

#define MESSAGES 100000
#define WAITING 64u /* messages at once, at most */

struct message {
	int number;
	char text[252];
};

/* What waits, oldest first; by the lock, which also makes texts visible. */
static struct message *waiting[WAITING];
static unsigned put, taken;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void
hand_over(struct message *message)
{
	pthread_mutex_lock(&lock);
	while (put - taken == WAITING)
		pthread_cond_wait(&changed, &lock);
	waiting[put++ % WAITING] = message;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}

static void *
reader(void *pool)
{
	for (;;) {
		pthread_mutex_lock(&lock);
		while (put == taken)
			pthread_cond_wait(&changed, &lock);
		void *message = waiting[taken++ % WAITING];
		pthread_cond_signal(&changed);
		pthread_mutex_unlock(&lock);
		if (!message)
			return NULL;
		dp_pool_return(pool, message);
	}
}

int
main(void)
{
	struct dp_config config = DP_CONFIG_INIT;
	config.object_size = sizeof(struct message);
	struct dp_pool *pool = dp_pool_create(&config);
	struct message *message;
	struct dp_stats stats;
	pthread_t thread;
	int sent = 0;

	if (!pool || pthread_create(&thread, NULL, reader, pool) != 0)
		return 1;
	/* NULL is out of memory: what was sent is read all the same. */
	while (sent < MESSAGES && (message = dp_pool_borrow(pool))) {
		message->number = sent++;
		snprintf(message->text, sizeof(message->text), "no %d", sent);
		hand_over(message);
	}
	hand_over(NULL); /* there is no more */
	pthread_join(thread, NULL);
	dp_pool_stats(pool, &stats);
	printf("%s: %d handed over, %d constructed\n", dp_backend_name(), sent,
	       (int)stats.constructed);
	/* Refuses, as long as anything is in use or another thread attached. */
	return dp_pool_destroy(pool) == 0 && sent == MESSAGES ? 0 : 1;
}
