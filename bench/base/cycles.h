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

/*
 * On x86 by what <x86intrin.h> calls: that header would be nine tenths of all
 * that each file has to compile.
 */
static inline uint64_t
cycles_begin(void)
{
#if defined(__x86_64__)
	uint64_t now;

	__builtin_ia32_lfence();
	now = __builtin_ia32_rdtsc();
	__builtin_ia32_lfence();
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
	uint64_t now = __builtin_ia32_rdtscp(&cpu);

	__builtin_ia32_lfence();
	return now;
#else
	return cycles_begin();
#endif
}

#endif
