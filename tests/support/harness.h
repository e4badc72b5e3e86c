/* SPDX-License-Identifier: MIT */
/*
 * What every test program needs besides cmocka: a seed, a way to fail on any
 * thread, threads that start together, loads that fit the build.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#if defined(__has_feature)
#define HARNESS_CLANG_HAS(feature) __has_feature(feature)
#else
#define HARNESS_CLANG_HAS(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || HARNESS_CLANG_HAS(thread_sanitizer)
#define HARNESS_TSAN 1
#else
#define HARNESS_TSAN 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HARNESS_CLANG_HAS(address_sanitizer)
#define HARNESS_ASAN 1
#else
#define HARNESS_ASAN 0
#endif

/* Does Valgrind watch, which reports each misuse itself? */
bool harness_is_watched(void);

/* How many of n turns to run in this build. */
#define HARNESS_LOAD(n) (HARNESS_TSAN || HARNESS_ASAN ? (n) / 8 : (n))

/* main() ends in return harness_status(cmocka_run_group_tests(...)). */
int harness_status(int n_failed);

/* From DRIFTPOOL_SEED or fixed; printed when something fails. */
uint64_t harness_seed(void);

/* For threads that are not cmocka's: end the program. */
_Noreturn void harness_fail(const char *claim, uint64_t expected,
			    uint64_t actual);
void harness_equal(const char *claim, uint64_t expected, uint64_t actual);

/* How a child ends: at once, but where it is counted what ran, counted. */
_Noreturn void harness_leave(int status);

/* In a child: if it aborts, it is counted first. */
void harness_count_abort(void);

/* CPUs that the process may run on, but 8 at most: load enough. */
unsigned harness_cpus(void);

/* Runs body(context, 0..n-1) on n threads that start together; joins them. */
void harness_race(unsigned n, void (*body)(void *context, unsigned index),
		  void *context);

#endif
