/* SPDX-License-Identifier: MIT */
/* The last steps, in a ring. */
#include "trace.h"

#include "machine.h"

#define STEPS_KEPT 512u

static struct {
	const char *what;
	const volatile void *address;
	const char *code;
	uint64_t value;
	unsigned thread;
	unsigned age;
} ring[STEPS_KEPT];
static unsigned n_steps;
static const char *code_now;

/* The program's first address, which the linker knows. */
extern const char __executable_start[];

void
trace_reset(void)
{
	n_steps = 0;
}

void
trace_from(const void *code)
{
	code_now = code;
}

void
trace_add(const char *what, const volatile void *address, uint64_t value,
	  unsigned age)
{
	unsigned i = n_steps++ % STEPS_KEPT;

	ring[i].what = what;
	ring[i].address = address;
	ring[i].code = code_now;
	ring[i].value = value;
	ring[i].thread = machine.self;
	ring[i].age = age;
}

void
trace_print(FILE *file)
{
	unsigned i = n_steps > STEPS_KEPT ? n_steps - STEPS_KEPT : 0;

	for (; i < n_steps; i++) {
		unsigned at = i % STEPS_KEPT;

		fprintf(file, "  thread %u  %-9s %p = %#lx", ring[at].thread,
			ring[at].what, (void *)ring[at].address,
			(unsigned long)ring[at].value);
		if (ring[at].age > 0)
			fprintf(file, " (stale by %u)", ring[at].age);
		fprintf(file, "  at %#tx\n",
			ring[at].code - __executable_start);
	}
}
