/* SPDX-License-Identifier: MIT */
/*
 * A grace period, as liburcu promises it: a section either ends before the
 * grace period does, and all in it happened before; or it began after the grace
 * period did, and sees all that happened before that.  A section that begins
 * while one goes on may be of either kind; if it is of the first, it still
 * began after those that are over.
 */
#include "lock.h"

#include <errno.h>
#include <pthread.h>

#include "choice.h"
#include "machine.h"
#include "trace.h"

#define MUTEXES_MAX 64u

/* Invariant: owner is a thread, or 0: free, as in begin() and end(). */
static struct mutex {
	const void *address;
	unsigned owner;
	struct clock released;
} mutexes[MUTEXES_MAX];
static unsigned n_mutexes;

/* Of the read-side sections. */
static struct {
	/* Sections nest. */
	unsigned depth[THREADS_MAX];
	/* The grace periods, by number, that a section has seen begin. */
	unsigned sees[THREADS_MAX];
	unsigned n_begun;
	unsigned n_ongoing;
	struct clock begun;
	struct clock over;  /* the same, of those that are over */
	struct clock ended; /* what sections released */
} rcu;

void
lock_reset(void)
{
	n_mutexes = 0;
	rcu.n_begun = 0;
	rcu.n_ongoing = 0;
	rcu.begun = (struct clock){ 0 };
	rcu.over = (struct clock){ 0 };
	rcu.ended = (struct clock){ 0 };
	for (unsigned i = 0; i < THREADS_MAX; i++)
		rcu.depth[i] = 0;
}

static struct mutex *
find(const void *address)
{
	for (unsigned i = 0; i < n_mutexes; i++)
		if (mutexes[i].address == address)
			return &mutexes[i];
	if (n_mutexes == MUTEXES_MAX)
		interleave_fail("more than %u locks", MUTEXES_MAX);
	mutexes[n_mutexes] = (struct mutex){ .address = address };
	return &mutexes[n_mutexes++];
}

int
lock_init(void *mutex)
{
	struct mutex *m = find(mutex);

	*m = (struct mutex){ .address = mutex };
	return 0;
}

int
lock_destroy(void *mutex)
{
	if (find(mutex)->owner)
		interleave_fail("a lock is destroyed that is held");
	return 0;
}

static void
own(struct mutex *m)
{
	m->owner = machine.self;
	machine_thread()->locks++;
	machine_step();
	clock_join(&machine_thread()->clock, &m->released);
	trace_add("lock", m->address, 0, 0);
}

int
lock_take(void *mutex)
{
	struct mutex *m = find(mutex);

	if (machine.self) {
		machine_point(mutex);
		while (m->owner)
			machine_wait(mutex);
	}
	own(m);
	return 0;
}

int
lock_try(void *mutex)
{
	struct mutex *m = find(mutex);

	if (machine.self)
		machine_point(mutex);
	if (m->owner)
		return EBUSY;
	own(m);
	return 0;
}

int
lock_give(void *mutex)
{
	struct mutex *m = find(mutex);

	if (machine.self)
		machine_point(mutex);
	if (m->owner != machine.self)
		interleave_fail("a lock is given up that is not held");
	m->owner = 0;
	machine_thread()->locks--;
	clock_join(&m->released, &machine_thread()->clock);
	machine_step();
	machine_wake(mutex);
	trace_add("unlock", mutex, 0, 0);
	return 0;
}

void
lock_read_begin(void)
{
	unsigned self = machine.self;

	if (!self)
		return;
	if (rcu.depth[self] == 0)
		machine_point(&rcu);
	if (rcu.depth[self]++ > 0)
		return;
	rcu.sees[self] = rcu.n_begun;
	clock_join(&machine_thread()->clock, &rcu.over);
	if (rcu.n_ongoing > 0 && choice_take(2, 50))
		rcu.sees[self] = 0;
	else
		clock_join(&machine_thread()->clock, &rcu.begun);
	trace_add("read {", &rcu, rcu.sees[self], 0);
}

void
lock_read_end(void)
{
	unsigned self = machine.self;

	if (!self)
		return;
	if (rcu.depth[self] == 0)
		interleave_fail("a section ends that has not begun");
	if (rcu.depth[self] == 1)
		machine_point(&rcu);
	if (--rcu.depth[self] > 0)
		return;
	clock_join(&rcu.ended, &machine_thread()->clock);
	machine_step();
	machine_wake(&rcu);
	trace_add("read }", &rcu, 0, 0);
}

bool
lock_reads(void)
{
	return rcu.depth[machine.self] > 0;
}

/* Does a section go on that may not have seen that grace period begin? */
static bool
must_wait(unsigned number)
{
	for (unsigned i = 1; i <= machine.n_threads; i++)
		if (rcu.depth[i] > 0 && rcu.sees[i] < number)
			return true;
	return false;
}

void
lock_synchronize(void)
{
	if (!machine.self)
		return;
	if (rcu.depth[machine.self] > 0)
		interleave_fail("a section waits for its own end");
	machine_point(&rcu);
	unsigned number = ++rcu.n_begun;
	const struct clock before = machine_thread()->clock;

	rcu.n_ongoing++;
	clock_join(&rcu.begun, &before);
	machine_step();
	trace_add("wait", &rcu, number, 0);
	while (must_wait(number))
		machine_wait(&rcu);
	rcu.n_ongoing--;
	clock_join(&rcu.over, &before);
	clock_join(&machine_thread()->clock, &rcu.ended);
}
