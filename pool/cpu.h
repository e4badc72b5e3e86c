/* SPDX-License-Identifier: MIT */
/* The processor and the system under us: the only platform dependences. */
#ifndef CPU_H
#define CPU_H

#include <sched.h>

/* A cache line, and the distance at which two words never share a fetch. */
#define CPU_LINE_BYTES 64
#define CPU_APART_BYTES 128

/* A hint: stale at once, and -1 where the system does not know. */
static inline int
cpu_current(void)
{
	return sched_getcpu();
}

#endif
