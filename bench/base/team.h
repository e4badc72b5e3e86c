/* SPDX-License-Identifier: MIT */
/*
 * The team: threads that start together, share a stock of operations and stop
 * together.  The main thread is the parked extra one: with it the process is
 * never single-threaded, where glibc would leave out locked instructions.
 */
#ifndef TEAM_H
#define TEAM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "shared/cpu.h"
#include "placement.h"

/*
 * Shared by all threads of a trial.  Between two barriers: a phase.
 * Invariant: a phase has ended when stop is set and finished == members.
 */
struct team {
	/* Set before the threads start. */
	unsigned members;
	unsigned borrowers;
	const cpu_set_t *cpus;     /* NULL: unpinned */
	pthread_barrier_t barrier; /* the members and the main thread */
	/* Set before a phase. */
	uint64_t ops;   /* 0: until stopped */
	uint64_t chunk; /* claimed at once */
	_Alignas(CPU_APART_BYTES) _Atomic bool stop;
	/* Written by members. */
	_Alignas(CPU_APART_BYTES) _Atomic uint64_t claimed;
	_Alignas(CPU_APART_BYTES) _Atomic unsigned borrowers_left;
	_Atomic unsigned finished;
};

/*
 * A place in the team, taken by one thread at a time.
 * Owner: that thread during a phase, the main thread between phases.
 */
struct member {
	struct team *team;
	pthread_t thread;
	pthread_t predecessor;
	bool succeeds; /* a predecessor is to be joined */
	int cpu;       /* -1: unpinned */
	/* Of the phase. */
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t cpu_ns;   /* of all threads that had the place */
	uint64_t switches; /* involuntary ones */
	uint64_t cpu_mark_ns;
	uint64_t switches_mark;
};

/* Says on stderr what could not be done and why, and ends the process: 1. */
_Noreturn void team_fail(const char *what, int error);

void team_open(struct team *team, unsigned members, unsigned borrowers,
	       const cpu_set_t *cpus);
void team_close(struct team *team);

/* Puts a thread into place i, which runs run(argument). */
void team_start(struct team *team, struct member *member, unsigned i,
		void *(*run)(void *), void *argument);
/* A new thread for the calling one's place; it waits for the caller's end. */
void member_succeed(struct member *member, void *(*run)(void *),
		    void *argument);
/* A thread's first act in its place: joins its predecessor, if any. */
void member_arrive(struct member *member);
void member_join(struct member *member);

/* All members and the main thread meet. */
void team_wait(struct team *team);

/* Main thread, between phases: the next one takes ops operations, or stop. */
void team_prepare(struct team *team, uint64_t ops);
void team_stop(struct team *team);

/* Stamps around a phase, and where a thread leaves its place within one. */
void member_begin(struct member *member);
void member_leave(struct member *member);
/* The last borrower to finish stops the team. */
void member_finish(struct member *member, bool borrows);
/* Have all members finished? */
bool team_finished(struct team *team);

static inline bool
team_stopped(struct team *team)
{
	/* BT1 relaxed: late is a few operations more; the barrier orders. */
	return atomic_load_explicit(&team->stop, memory_order_relaxed);
}

/* Is all of the team's stock claimed? */
static inline bool
team_exhausted(struct team *team)
{
	/* BT11 relaxed: it only grows; late is a turn more. */
	return team->ops > 0 &&
	       atomic_load_explicit(&team->claimed, memory_order_relaxed) >=
		       team->ops;
}

/* Some operations of the team's stock; 0 when it is used up. */
static inline uint64_t
team_claim(struct team *team)
{
	uint64_t before;

	if (team->ops == 0)
		return UINT64_MAX;
	/* BT2 relaxed: shares out numbers and publishes nothing. */
	before = atomic_fetch_add_explicit(&team->claimed, team->chunk,
					   memory_order_relaxed);
	if (before >= team->ops)
		return 0;
	return team->ops - before < team->chunk ? team->ops - before
						: team->chunk;
}

#endif
