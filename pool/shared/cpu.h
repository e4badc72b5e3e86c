/* SPDX-License-Identifier: MIT */
/* The processor and the system under us: the only platform dependences. */
#ifndef CPU_H
#define CPU_H

#include <sched.h>

#include "line.h"

/* A hint: stale at once, and -1 where the system does not know. */
static inline int
cpu_current(void)
{
	return sched_getcpu();
}

#endif
