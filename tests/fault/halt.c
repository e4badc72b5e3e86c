/* SPDX-License-Identifier: MIT */
/* The trap, the thread that falls into it, and the locks that it holds. */
#include "halt.h"

#if HALT_AVAILABLE

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#define TRAP_FLAG 0x100ll

enum word { HALTED = 'h', OVER = 'o', GO_ON = 'g', END = 'e' };

/*
 * One halt at a time.  The two threads take turns by the pipes, which order
 * what they write: `traps` and `at` are the halted thread's, the rest is the
 * other one's.
 */
static struct {
	const struct halt_plan *plan;
	unsigned long at, traps;
	int said[2];    /* by the thread that is halted */
	int allowed[2]; /* to go on */
	bool is_halted;
	bool waited;
	pthread_t meanwhile;
} halt;

int __real_pthread_mutex_lock(pthread_mutex_t *lock);
int __wrap_pthread_mutex_lock(pthread_mutex_t *lock);
int __real_sched_yield(void);
int __wrap_sched_yield(void);
void __real_urcu_bp_synchronize_rcu(void);
void __wrap_urcu_bp_synchronize_rcu(void);

/* Both are called in the handler, too. */
static void
say(int pipe_end, char word)
{
	if (write(pipe_end, &word, 1) != 1)
		_exit(1);
}

static char
hear(int pipe_end)
{
	char word;
	ssize_t n;

	/* Ends: a signal interrupts it, and there are few. */
	while ((n = read(pipe_end, &word, 1)) < 0 && errno == EINTR)
		;
	if (n != 1)
		_exit(1);
	return word;
}

/* Lets it run on, and if it is to be halted again, up to there. */
static void
go_on(void)
{
	halt.is_halted = false;
	say(halt.allowed[1], GO_ON);
	if (halt.plan->onward)
		halt.is_halted = hear(halt.said[0]) == HALTED;
}

/* The linker sends the library's calls here. */
__attribute__((used)) int
__wrap_pthread_mutex_lock(pthread_mutex_t *lock)
{
	if (halt.plan && pthread_equal(halt.meanwhile, pthread_self())) {
		/* Ends: it goes on, as it must, until it unlocks. */
		while (halt.is_halted) {
			int status = pthread_mutex_trylock(lock);

			if (status != EBUSY)
				return status;
			halt.waited = true;
			go_on();
		}
	}
	return __real_pthread_mutex_lock(lock);
}

/* And here, who spins for a lock of its own. */
__attribute__((used)) int
__wrap_sched_yield(void)
{
	if (halt.plan && halt.is_halted &&
	    pthread_equal(halt.meanwhile, pthread_self())) {
		halt.waited = true;
		go_on();
		return 0;
	}
	return __real_sched_yield();
}

/* Traps no more once halted: the context is what it returns to. */
static void
on_trap(int number, siginfo_t *info, void *context)
{
	ucontext_t *interrupted = context;
	int error = errno;

	(void)number;
	(void)info;
	halt.traps++;
	if (halt.traps == halt.at ||
	    (halt.plan->onward && halt.traps > halt.at)) {
		say(halt.said[1], HALTED);
		hear(halt.allowed[0]);
		if (!halt.plan->onward)
			interrupted->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	}
	errno = error;
}

/* By builtins, as in cycles.h. */
static long long
flags(void)
{
	return (long long)__builtin_ia32_readeflags_u64();
}

static void
set_trap(long long flag)
{
	long long others = flags() & ~TRAP_FLAG;

	__builtin_ia32_writeeflags_u64((unsigned long long)(others | flag));
}

/* And here: a grace period blocks all signals, and the trap would kill. */
__attribute__((used)) void
__wrap_urcu_bp_synchronize_rcu(void)
{
	long long flag = flags() & TRAP_FLAG;

	set_trap(0);
	__real_urcu_bp_synchronize_rcu();
	set_trap(flag);
}

static void
run_part(void (*part)(void *arg))
{
	if (part)
		part(halt.plan->arg);
}

static void
run_once(bool trapped)
{
	run_part(halt.plan->prepare);
	halt.traps = 0;
	if (trapped)
		set_trap(TRAP_FLAG);
	halt.plan->act(halt.plan->arg);
	if (trapped)
		set_trap(0);
	run_part(halt.plan->clean);
}

static void *
halted_thread(void *unused)
{
	(void)unused;
	/* Once for what only happens the first time: symbols are looked up. */
	run_once(false);
	/* Ends: the other thread says so. */
	while (hear(halt.allowed[0]) == GO_ON) {
		run_once(true);
		say(halt.said[1], OVER);
	}
	return NULL;
}

/* One run, halted.  Returns false if it was over before. */
static bool
halt_once(struct halt_result *result)
{
	say(halt.allowed[1], GO_ON);
	if (hear(halt.said[0]) == OVER)
		return false;
	halt.is_halted = true;
	/* Ends: the act does; and if not onward, it is halted once. */
	do {
		halt.waited = false;
		halt.plan->meanwhile(halt.plan->arg);
		result->stops++;
		result->waits += halt.waited;
		if (halt.is_halted)
			go_on();
	} while (halt.is_halted);
	if (!halt.plan->onward)
		harness_equal("what a halted thread says", OVER,
			      (uint64_t)hear(halt.said[0]));
	return true;
}

void
halt_everywhere(const struct halt_plan *plan, struct halt_result *result)
{
	struct sigaction action = { .sa_sigaction = on_trap,
				    .sa_flags = SA_SIGINFO },
			 before;
	pthread_t thread;

	memset(&halt, 0, sizeof(halt));
	halt.plan = plan;
	halt.at = 1;
	halt.meanwhile = pthread_self();
	assert_int_equal(pipe(halt.said), 0);
	assert_int_equal(pipe(halt.allowed), 0);
	assert_int_equal(sigaction(SIGTRAP, &action, &before), 0);
	assert_int_equal(pthread_create(&thread, NULL, halted_thread, NULL), 0);
	/* Ends: an act has so many instructions. */
	while (halt_once(result))
		halt.at += 1 + halt.at / 12;
	say(halt.allowed[1], END);
	assert_int_equal(pthread_join(thread, NULL), 0);
	sigaction(SIGTRAP, &before, NULL);
	for (int i = 0; i < 2; i++) {
		close(halt.said[i]);
		close(halt.allowed[i]);
	}
	halt.plan = NULL;
}

#endif
