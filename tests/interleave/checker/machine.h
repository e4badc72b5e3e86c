/* SPDX-License-Identifier: MIT */
/* The threads of an execution and what they know of each other. */
#ifndef MACHINE_H
#define MACHINE_H

#include <setjmp.h>
#include <ucontext.h>

#include "interleave.h"

/* A vector clock: how much of each thread happened before. */
struct clock {
	uint32_t of[THREADS_MAX];
};

static inline void
clock_join(struct clock *clock, const struct clock *other)
{
	for (unsigned i = 0; i < THREADS_MAX; i++)
		if (clock->of[i] < other->of[i])
			clock->of[i] = other->of[i];
}

/* Did step `stamp` of that thread happen before? */
static inline bool
clock_covers(const struct clock *clock, unsigned thread, uint32_t stamp)
{
	return clock->of[thread] >= stamp;
}

/* Invariant: clock.of[self] is the number of its steps. */
struct thread {
	void (*run)(void *arg);
	void *arg;
	ucontext_t context; /* where it starts */
	jmp_buf resume;     /* where it goes on */
	bool started;
	bool ended;
	const void *waits_for; /* a lock, or NULL */
	unsigned locks;
	int error; /* its errno */
	uint64_t priority;
	struct clock clock;
};

/*
 * One execution.  self is 0 while nothing runs concurrently: accesses are then
 * plain, and everything before and after happens in order.
 */
struct machine {
	struct thread threads[THREADS_MAX]; /* from 1 */
	unsigned n_threads;
	unsigned self;
	unsigned epoch; /* which execution; tables compare it */
	unsigned steps;
	unsigned preemptions;
	unsigned stale;
	unsigned spurious;
	jmp_buf back; /* to the search */
	bool failed;
	char message[512];
};

extern struct machine machine;

/* The thread that runs. */
static inline struct thread *
machine_thread(void)
{
	return &machine.threads[machine.self];
}

/* Counts what the execution does, and ends it if it goes on for ever. */
void machine_count(void);

/* Counts a step of the thread that runs; returns its stamp. */
static inline uint32_t
machine_step(void)
{
	return ++machine_thread()->clock.of[machine.self];
}

/* One execution of a scene; false: it failed, and machine.message says why. */
bool machine_run(const struct scene *scene);

/* Here another thread may take over, if the access is to what others use. */
void machine_point(const void *address);

/* Waits until machine_wake() is called for it. */
void machine_wait(const void *address);
void machine_wake(const void *address);

/* Is the address on the stack of a thread?  Then it is nobody else's. */
bool machine_on_stack(const void *address);

#endif
