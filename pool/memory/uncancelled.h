/* SPDX-License-Identifier: MIT */
/*
 * Code of other people that may be a cancellation point: a thread that was
 * cancelled in it would leave with their locks, and with half of what we do.
 * So cancellation waits until it is over.
 */
#ifndef UNCANCELLED_H
#define UNCANCELLED_H

#include <pthread.h>

/* How the thread was before.  The thread's own. */
struct uncancelled {
	int before;
};

/* errno stays as it is. */
static inline struct uncancelled
uncancelled_begin(void)
{
	struct uncancelled uncancelled;

	/* Cannot fail: the state is one there is. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &uncancelled.before);
	return uncancelled;
}

static inline void
uncancelled_end(const struct uncancelled *uncancelled)
{
	pthread_setcancelstate(uncancelled->before, NULL);
}

/* From here to the end of the scope. */
#define UNCANCELLED                                                            \
	struct uncancelled uncancelled                                         \
		__attribute__((unused, cleanup(uncancelled_end))) =            \
			uncancelled_begin()

#endif
