/* SPDX-License-Identifier: MIT */
/* Seeds, failures and threads of the test programs. */
#include "harness.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if HARNESS_VALGRIND
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif
/* It came with 3.17. */
#ifndef VALGRIND_CLO_CHANGE
#define VALGRIND_CLO_CHANGE(option) ((void)0)
#endif

#define SEED_DEFAULT UINT64_C(20260101)
#define CPUS_MAX 8
#define RACE_MAX 64

bool
harness_is_watched(void)
{
	return RUNNING_ON_VALGRIND > 0;
}

uint64_t
harness_seed(void)
{
	const char *text = getenv("DRIFTPOOL_SEED");
	char *end;

	if (!text)
		return SEED_DEFAULT;
	errno = 0;
	uint64_t seed = strtoull(text, &end, 0);

	if (errno || end == text || *end) {
		fprintf(stderr,
			"DRIFTPOOL_SEED is \"%s\"; allowed: 0 to 2^64 - 1\n",
			text);
		exit(2);
	}
	return seed;
}

int
harness_status(int n_failed)
{
	if (n_failed == 0)
		return 0;
	fprintf(stderr, "to repeat: DRIFTPOOL_SEED=%" PRIu64 "\n",
		harness_seed());
	return 1;
}

void
harness_fail(const char *claim, uint64_t expected, uint64_t actual)
{
	fprintf(stderr,
		"%s: expected %" PRIu64 " (%#" PRIx64 "), actual %" PRIu64
		" (%#" PRIx64 "); to repeat: DRIFTPOOL_SEED=%" PRIu64 "\n",
		claim, expected, expected, actual, actual, harness_seed());
	abort();
}

void
harness_equal(const char *claim, uint64_t expected, uint64_t actual)
{
	if (expected != actual)
		harness_fail(claim, expected, actual);
}

#if HARNESS_COVERAGE
void __gcov_dump(void);
#else
#define __gcov_dump() ((void)0)
#endif

void
harness_leave(int status)
{
	__gcov_dump();
	/* Its parent frees, and it would be shown what free objects own. */
	VALGRIND_CLO_CHANGE("--leak-check=no");
	_exit(status);
}

/* abort() goes on with the signal's default once this returns. */
static void
on_abort(int number)
{
	(void)number;
	__gcov_dump();
}

void
harness_count_abort(void)
{
	signal(SIGABRT, on_abort);
}

unsigned
harness_cpus(void)
{
	cpu_set_t allowed;

	/* Fails on a system of more than 1,024. */
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return CPUS_MAX;
	unsigned n = (unsigned)CPU_COUNT(&allowed);

	return n < CPUS_MAX ? n : CPUS_MAX;
}

struct racer {
	pthread_barrier_t *start;
	void (*body)(void *context, unsigned index);
	void *context;
	unsigned index;
};

static void *
racer_run(void *arg)
{
	struct racer *racer = arg;

	pthread_barrier_wait(racer->start);
	racer->body(racer->context, racer->index);
	return NULL;
}

void
harness_race(unsigned n, void (*body)(void *context, unsigned index),
	     void *context)
{
	pthread_t threads[RACE_MAX];
	struct racer racers[RACE_MAX];
	pthread_barrier_t start;

	if (n > RACE_MAX)
		harness_fail("threads in a race, at most", RACE_MAX, n);
	pthread_barrier_init(&start, NULL, n);
	for (unsigned i = 0; i < n; i++) {
		racers[i] = (struct racer){ &start, body, context, i };
		int error = pthread_create(&threads[i], NULL, racer_run,
					   &racers[i]);

		harness_equal("pthread_create", 0, (uint64_t)error);
	}
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
}
