/* SPDX-License-Identifier: MIT */
/*
 * Threads as coroutines, and who goes on.
 *
 * An access is a point of choice only if its address has been used by two
 * threads so far in this scene.  When an address turns out to be used by two,
 * an exhaustive search begins again with that point added: so what it calls
 * exhausted holds no execution in which a point was left out.
 */
#include "machine.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "choice.h"
#include "lock.h"
#include "memory.h"
#include "sharing.h"
#include "trace.h"

#define STACK_BYTES (64u << 10)
#define STEPS_MAX 20000u

enum { RESUMED = 1, ALL_ENDED, FAILED };

struct machine machine;

static _Alignas(64) char stacks[THREADS_MAX][STACK_BYTES];

void
interleave_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(machine.message, sizeof(machine.message), format, arguments);
	va_end(arguments);
	machine.failed = true;
	_longjmp(machine.back, FAILED);
}

unsigned
interleave_self(void)
{
	return machine.self;
}

int *
interleave_errno(void)
{
	return &machine_thread()->error;
}

unsigned
interleave_locks_held(void)
{
	return machine_thread()->locks;
}

unsigned
interleave_choose(unsigned n)
{
	return choice_take(n, 0);
}

bool
machine_on_stack(const void *address)
{
	return (const char *)address >= stacks[0] &&
	       (const char *)address < stacks[0] + sizeof(stacks);
}

/* --- Switching ----------------------------------------------------------- */

static void
enter(void)
{
	struct thread *thread = machine_thread();

	thread->run(thread->arg);
	thread->ended = true;
	interleave_yield();
	abort(); /* nobody resumes a thread that has ended */
}

static void
switch_to(unsigned next)
{
	struct thread *from = machine_thread();

	if (next == machine.self)
		return;
	machine.self = next;
	if (!from->ended && _setjmp(from->resume))
		return;
	struct thread *to = machine_thread();

	if (to->started)
		_longjmp(to->resume, RESUMED);
	to->started = true;
	setcontext(&to->context);
}

static bool
can_run(unsigned i)
{
	return !machine.threads[i].ended && !machine.threads[i].waits_for;
}

/* The highest priority goes on; who gave up goes to the end. */
static unsigned
by_priority(const unsigned *ready, unsigned n, bool forced)
{
	unsigned best = 0;
	uint64_t priority;

	if (choice_changes_at(machine.steps, &priority))
		machine_thread()->priority = priority;
	if (forced)
		machine_thread()->priority = 0;
	for (unsigned i = 1; i < n; i++)
		if (machine.threads[ready[i]].priority >
		    machine.threads[ready[best]].priority)
			best = i;
	return choice_record(n, best);
}

/* Nobody can go on: all have ended, or they wait for each other. */
static void
stop(void)
{
	for (unsigned i = 1; i <= machine.n_threads; i++)
		if (!machine.threads[i].ended)
			interleave_fail("deadlock: thread %u waits", i);
	_longjmp(machine.back, ALL_ENDED);
}

void
machine_count(void)
{
	if (++machine.steps > STEPS_MAX)
		interleave_fail("livelock: more than %u steps", STEPS_MAX);
}

/* forced: the thread that runs cannot or should not go on. */
static void
schedule(bool forced, bool may_preempt)
{
	unsigned ready[THREADS_MAX], n = 0, self = machine.self;

	machine_count();
	if (!forced)
		ready[n++] = self;
	if (forced || (may_preempt && choice_may_preempt(machine.preemptions)))
		for (unsigned i = 1; i < machine.n_threads; i++) {
			unsigned other = 1 + (self - 1 + i) % machine.n_threads;

			if (can_run(other))
				ready[n++] = other;
		}
	if (n == 0 && can_run(self))
		ready[n++] = self;
	if (n == 0)
		stop();
	unsigned k = choice_rule.search == PCT
			     ? by_priority(ready, n, forced)
			     : choice_take(n, forced ? 0 : 70);

	if (!forced && k > 0)
		machine.preemptions++;
	switch_to(ready[k]);
}

void
interleave_yield(void)
{
	if (machine.self)
		schedule(true, true);
}

void
machine_point(const void *address)
{
	bool shared = sharing_touch(address, machine.self);

	schedule(false, shared || choice_rule.search == REPLAY);
}

void
machine_wait(const void *address)
{
	machine_thread()->waits_for = address;
	schedule(true, true);
}

void
machine_wake(const void *address)
{
	for (unsigned i = 1; i <= machine.n_threads; i++)
		if (machine.threads[i].waits_for == address)
			machine.threads[i].waits_for = NULL;
}

/* --- One execution ------------------------------------------------------- */

void
interleave_start(void (*run)(void *arg), void *arg)
{
	if (machine.n_threads + 1 == THREADS_MAX)
		interleave_fail("more than %u threads", THREADS_MAX - 1);
	unsigned i = ++machine.n_threads;
	struct thread *thread = &machine.threads[i];

	*thread = (struct thread){ .run = run, .arg = arg };
	thread->clock.of[i] = 1;
	thread->priority = choice_priority();
	getcontext(&thread->context);
	thread->context.uc_stack.ss_sp = stacks[i];
	thread->context.uc_stack.ss_size = STACK_BYTES;
	thread->context.uc_link = NULL;
	makecontext(&thread->context, enter, 0);
}

/* A mutant may follow a pointer that is none: that is a failure, too. */
static void
on_fault(int signal_number)
{
	interleave_fail("signal %d: a wild pointer", signal_number);
}

static void
catch_faults(void)
{
	static char stack[STACK_BYTES];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = on_fault,
				    .sa_flags = SA_ONSTACK | SA_NODEFER };

	sigaltstack(&alternate, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

static void
reset(void)
{
	machine.n_threads = 0;
	machine.self = 0;
	machine.epoch++;
	machine.steps = 0;
	machine.preemptions = 0;
	machine.stale = 0;
	machine.spurious = 0;
	machine.failed = false;
	/* What it knew was of other executions. */
	machine.threads[0] = (struct thread){ 0 };
	arena_reset();
	lock_reset();
	trace_reset();
}

static void
run_threads(void)
{
	unsigned first = 1 + choice_take(machine.n_threads, 0);

	machine.self = first;
	machine_thread()->started = true;
	setcontext(&machine_thread()->context);
}

bool
machine_run(const struct scene *scene)
{
	/* After the return by longjmp these are all that is looked at. */
	const struct scene *volatile playing = scene;
	volatile int why;

	if (machine.epoch == 0)
		catch_faults();
	reset();
	why = _setjmp(machine.back);
	if (why == 0) {
		playing->begin();
		if (machine.n_threads > 0)
			run_threads();
		why = ALL_ENDED;
	}
	machine.self = 0;
	if (why == ALL_ENDED && !_setjmp(machine.back))
		playing->end();
	return !machine.failed;
}
