/* SPDX-License-Identifier: MIT */
/*
 * Halting a thread in the middle of what it does: the processor traps after
 * each instruction, and the handler of that signal sleeps at the one that it
 * was told.  So every state that the thread goes through can be held for as
 * long as another thread needs to show whether that one waits.
 *
 * Waiting is seen, not timed: a program linked with --wrap=pthread_mutex_lock
 * and --wrap=sched_yield comes here with each lock, and when it gives the CPU
 * up.  If the thread that is halted holds the lock, or if one is halted then,
 * that is counted, and the halted thread goes on.  Who waits in another way
 * hangs, and is ended by the alarm clock of the program.
 */
#ifndef HALT_H
#define HALT_H

#include <stdbool.h>

#include "support/harness.h"

/* Sanitizers deliver signals late, or count instructions of their own. */
#if defined(__x86_64__) && !HARNESS_TSAN && !HARNESS_ASAN
#define HALT_AVAILABLE 1
#else
#define HALT_AVAILABLE 0
#endif

/* What a thread does over and over; all but `meanwhile` run on it. */
struct halt_plan {
	void *arg;
	/* NULL: nothing. */
	void (*prepare)(void *arg);
	void (*act)(void *arg); /* in here it is halted */
	/* NULL: nothing. */
	void (*clean)(void *arg);
	/* On the calling thread, while the other one is halted. */
	void (*meanwhile)(void *arg);
	/* Once halted, it is again at each instruction that follows. */
	bool onward;
};

/* Of one plan or of several. */
struct halt_result {
	unsigned long stops;
	/* Stops in which `meanwhile` had to wait for the halted thread. */
	unsigned long waits;
};

/*
 * Goes by the plan until the act is over before it could be halted: halted at
 * each of its first instructions, and then each time a twelfth part further on;
 * but not in a grace period.
 */
void halt_everywhere(const struct halt_plan *plan, struct halt_result *result);

#endif
