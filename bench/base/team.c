/* SPDX-License-Identifier: MIT */
/* Threads, their places, their start and end. */
#include "team.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"

/* Operations that a member claims at once, at the most. */
#define CHUNK_MAX 1024u

void
team_fail(const char *what, int error)
{
	fprintf(stderr, "%s: cannot %s: %s\n", program_invocation_short_name,
		what, strerror(error));
	/* Other threads are running: no handlers, no destructors. */
	_exit(1);
}

void
team_open(struct team *team, unsigned members, unsigned borrowers,
	  const cpu_set_t *cpus)
{
	int error = pthread_barrier_init(&team->barrier, NULL, members + 1);

	if (error != 0)
		team_fail("make a barrier", error);
	team->members = members;
	team->borrowers = borrowers;
	team->cpus = cpus;
	team_prepare(team, 0);
}

void
team_close(struct team *team)
{
	pthread_barrier_destroy(&team->barrier);
}

static void
attributes_pin(pthread_attr_t *attributes, int cpu)
{
	cpu_set_t one;
	int error;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	error = pthread_attr_setaffinity_np(attributes, sizeof(one), &one);
	if (error != 0)
		team_fail("pin a worker", error);
}

void
team_start(struct team *team, struct member *member, unsigned i,
	   void *(*run)(void *), void *argument)
{
	pthread_attr_t attributes;
	int error;

	memset(member, 0, sizeof(*member));
	member->team = team;
	member->cpu = team->cpus != NULL ? placement_cpu(team->cpus, i) : -1;
	error = pthread_attr_init(&attributes);
	if (error != 0)
		team_fail("prepare a worker thread", error);
	if (member->cpu >= 0)
		attributes_pin(&attributes, member->cpu);
	error = pthread_create(&member->thread, &attributes, run, argument);
	if (error != 0)
		team_fail("start a worker thread", error);
	pthread_attr_destroy(&attributes);
}

void
member_succeed(struct member *member, void *(*run)(void *), void *argument)
{
	pthread_t successor;
	int error;

	member->predecessor = pthread_self();
	member->succeeds = true;
	/* Inherits the caller's CPU. */
	error = pthread_create(&successor, NULL, run, argument);
	if (error != 0)
		team_fail("replace a worker thread", error);
}

void
member_arrive(struct member *member)
{
	if (member->succeeds) {
		pthread_join(member->predecessor, NULL);
		member->succeeds = false;
		member->thread = pthread_self();
		member->cpu_mark_ns = 0;
		member->switches_mark = 0;
	}
}

void
member_join(struct member *member)
{
	pthread_join(member->thread, NULL);
}

void
team_wait(struct team *team)
{
	pthread_barrier_wait(&team->barrier);
}

void
team_prepare(struct team *team, uint64_t ops)
{
	uint64_t chunk = ops / (8 * (uint64_t)team->borrowers);

	team->ops = ops;
	team->chunk = chunk < 1 ? 1 : chunk < CHUNK_MAX ? chunk : CHUNK_MAX;
	/* BT3 relaxed: nobody runs; the barrier publishes it. */
	atomic_store_explicit(&team->stop, false, memory_order_relaxed);
	/* BT4 relaxed: the same. */
	atomic_store_explicit(&team->claimed, 0, memory_order_relaxed);
	/* BT5 relaxed: the same. */
	atomic_store_explicit(&team->borrowers_left, team->borrowers,
			      memory_order_relaxed);
	/* BT6 relaxed: the same. */
	atomic_store_explicit(&team->finished, 0, memory_order_relaxed);
}

void
team_stop(struct team *team)
{
	/* BT7 relaxed: a wish; the barrier after the phase orders. */
	atomic_store_explicit(&team->stop, true, memory_order_relaxed);
}

static uint64_t
thread_switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nivcsw;
}

void
member_begin(struct member *member)
{
	member->cpu_ns = 0;
	member->switches = 0;
	member->switches_mark = thread_switches();
	member->cpu_mark_ns = clock_thread_ns();
	member->start_ns = clock_wall_ns();
}

void
member_leave(struct member *member)
{
	member->cpu_ns += clock_thread_ns() - member->cpu_mark_ns;
	member->switches += thread_switches() - member->switches_mark;
}

void
member_finish(struct member *member, bool borrows)
{
	struct team *team = member->team;

	member->end_ns = clock_wall_ns();
	member_leave(member);
	/* BT8 relaxed: whoever is last only stops the others. */
	if (borrows && atomic_fetch_sub_explicit(&team->borrowers_left, 1,
						 memory_order_relaxed) == 1)
		team_stop(team);
	/* BT9 release: pairs with BT10.  Rings of this member are published. */
	atomic_fetch_add_explicit(&team->finished, 1, memory_order_release);
}

bool
team_finished(struct team *team)
{
	/* BT10 acquire: pairs with BT9. */
	return atomic_load_explicit(&team->finished, memory_order_acquire) ==
	       team->members;
}
