/* SPDX-License-Identifier: MIT */
/*
 * A checker for concurrent C11 code, as its scenes see it.
 *
 * A scene starts a few logical threads, which run the shipped source.  They are
 * coroutines of one thread; which of them goes on, which of the visible stores
 * a load returns, whether a weak compare-and-exchange fails for no reason, all
 * that is chosen by the search: all choices under bounds, or samples.  What
 * fails prints the choices, and they bring the same execution back.
 *
 * The source is compiled as for ThreadSanitizer, but linked with hooks.c: so no
 * access is missed, and each plain one is checked for races.  README.md of the
 * tests says what this can find and what not.
 */
#ifndef INTERLEAVE_H
#define INTERLEAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Threads, the one that sets up and checks included. */
#define THREADS_MAX 8

/* How far an exhaustive search goes from "nobody interferes". */
struct bounds {
	unsigned preemptions;
	unsigned stale;    /* loads that do not return the newest store */
	unsigned spurious; /* weak exchanges that fail for no reason */
};

/* Constant. */
struct scene {
	const char *name;
	/* Sets up all state anew and starts the threads. */
	void (*begin)(void);
	/* After all threads have ended. */
	void (*end)(void);
	struct bounds bounds;
};

/* Runs the scenes; returns the exit status.  --help says what it takes. */
int interleave_main(int argc, char **argv, const struct scene *scenes,
		    size_t n);

/* In begin(): one more thread. */
void interleave_start(void (*run)(void *arg), void *arg);

/* From 1; 0 in begin() and end(). */
unsigned interleave_self(void);

/* Where the calling thread's errno is. */
int *interleave_errno(void);

/* Any of 0 to n - 1: what the environment may do. */
unsigned interleave_choose(unsigned n);

/* Lets others go on, if there are any. */
void interleave_yield(void);

/* Locks that the calling thread holds. */
unsigned interleave_locks_held(void);

/* The execution is wrong.  Does not return. */
void interleave_fail(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

#define INTERLEAVE_REQUIRE(condition)                                          \
	((condition) ? (void)0                                                 \
		     : interleave_fail("%s:%d: not so: %s", __FILE__,          \
				       __LINE__, #condition))

#endif
