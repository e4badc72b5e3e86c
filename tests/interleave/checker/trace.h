/* SPDX-License-Identifier: MIT */
/* What happened in an execution, for the report of a failure. */
#ifndef TRACE_H
#define TRACE_H

#include <stdint.h>
#include <stdio.h>

void trace_reset(void);

/* The code that calls the model now: addr2line -e PROGRAM tells its line. */
void trace_from(const void *code);

/* `age`: how many stores a load looked past. */
void trace_add(const char *what, const volatile void *address, uint64_t value,
	       unsigned age);

void trace_print(FILE *file);

#endif
