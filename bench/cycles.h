/* SPDX-License-Identifier: MIT */
/*
 * The cycle counter, read around a few instructions: nothing of them runs
 * before the first reading or after the second.  It ticks at a rate of its
 * own, the same on all CPUs, whatever theirs is.
 */
#ifndef CYCLES_H
#define CYCLES_H

#include <stdint.h>

#include "clock.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

static inline uint64_t
cycles_begin(void)
{
#if defined(__x86_64__)
	uint64_t now;

	_mm_lfence();
	now = __rdtsc();
	_mm_lfence();
	return now;
#elif defined(__aarch64__)
	uint64_t now;

	__asm__ volatile("isb; mrs %0, cntvct_el0; isb"
			 : "=r"(now)
			 :
			 : "memory");
	return now;
#else
	return clock_wall_ns();
#endif
}

static inline uint64_t
cycles_end(void)
{
#if defined(__x86_64__)
	unsigned cpu;
	uint64_t now = __rdtscp(&cpu);

	_mm_lfence();
	return now;
#else
	return cycles_begin();
#endif
}

#endif
