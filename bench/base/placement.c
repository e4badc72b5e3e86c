/* SPDX-License-Identifier: MIT */
/* The set of CPUs, from the system or from a list. */
#include "placement.h"

#include <ctype.h>
#include <stdlib.h>

bool
placement_allowed(cpu_set_t *cpus)
{
	CPU_ZERO(cpus);
	/* Fails on machines with more CPUs than the set can name. */
	return sched_getaffinity(0, sizeof(*cpus), cpus) == 0;
}

/* One CPU number; false if there is none below CPU_SETSIZE. */
static bool
cpu_read(const char **text, int *cpu)
{
	char *end;
	unsigned long number;

	if (!isdigit((unsigned char)**text))
		return false;
	number = strtoul(*text, &end, 10);
	*text = end;
	*cpu = number < CPU_SETSIZE ? (int)number : CPU_SETSIZE;
	return number < CPU_SETSIZE;
}

bool
placement_parse(const char *text, cpu_set_t *cpus)
{
	cpu_set_t allowed;

	if (!placement_allowed(&allowed))
		return false;
	CPU_ZERO(cpus);
	for (;;) {
		int first, last;

		if (!cpu_read(&text, &first))
			return false;
		last = first;
		if (*text == '-') {
			text++;
			if (!cpu_read(&text, &last) || last < first)
				return false;
		}
		for (int cpu = first; cpu <= last; cpu++) {
			if (!CPU_ISSET(cpu, &allowed))
				return false;
			CPU_SET(cpu, cpus);
		}
		if (*text == '\0')
			return true;
		if (*text++ != ',')
			return false;
	}
}

int
placement_cpu(const cpu_set_t *cpus, unsigned i)
{
	int count = CPU_COUNT(cpus);
	int skip = count > 0 ? (int)(i % (unsigned)count) : 0;

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, cpus) && skip-- == 0)
			return cpu;
	return -1;
}
