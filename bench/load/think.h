/* SPDX-License-Identifier: MIT */
/*
 * Thinking: a spin of a calibrated length.  The compiler may not shorten it,
 * and it touches no memory.
 */
#ifndef THINK_H
#define THINK_H

#include <stdint.h>

#include "base/clock.h"

static inline void
think_spin(uint64_t turns)
{
	while (turns-- > 0)
		__asm__ volatile("");
}

/* Turns a nanosecond, the most of a few tries: an interrupt only adds time. */
static inline double
think_calibrate(void)
{
	const uint64_t turns = 500000;
	double most = 0;

	for (int i = 0; i < 5; i++) {
		uint64_t start = clock_wall_ns();

		think_spin(turns);
		start = clock_wall_ns() - start;
		if (start > 0 && (double)turns / (double)start > most)
			most = (double)turns / (double)start;
	}
	return most;
}

#endif
