/* SPDX-License-Identifier: MIT */
/* Time in nanoseconds, of the wall and of threads. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t
clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t
clock_wall_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static inline uint64_t
clock_thread_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static inline void
clock_sleep_ns(uint64_t ns)
{
	struct timespec span = { .tv_sec = (time_t)(ns / 1000000000u),
				 .tv_nsec = (long)(ns % 1000000000u) };

	/* A signal would only cut the sleep short. */
	clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL);
}

#endif
