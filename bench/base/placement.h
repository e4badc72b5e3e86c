/* SPDX-License-Identifier: MIT */
/* Which CPU each worker runs on: in turn over a set of allowed ones. */
#ifndef PLACEMENT_H
#define PLACEMENT_H

#include <sched.h>
#include <stdbool.h>

/* The CPUs that this process may run on; false, with errno: not known. */
bool placement_allowed(cpu_set_t *cpus);
/* Reads a list such as "0,2-3"; false unless all of it is allowed. */
bool placement_parse(const char *text, cpu_set_t *cpus);
/* The CPU of worker i, or -1 if there is none. */
int placement_cpu(const cpu_set_t *cpus, unsigned i);

#endif
