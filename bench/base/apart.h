/* SPDX-License-Identifier: MIT */
/* Memory that shares no cache line, nor a fetch of two, with any other. */
#ifndef APART_H
#define APART_H

#include <stdlib.h>
#include <string.h>

#include "shared/cpu.h"

static inline size_t
apart_round(size_t bytes)
{
	return (bytes + CPU_APART_BYTES - 1) / CPU_APART_BYTES *
	       CPU_APART_BYTES;
}

/* Zeroed by writing to it, so that no page of it is new later on, or NULL. */
static inline void *
apart_alloc(size_t bytes)
{
	void *memory;

	bytes = apart_round(bytes > 0 ? bytes : 1);
	memory = aligned_alloc(CPU_APART_BYTES, bytes);
	if (memory != NULL)
		memset(memory, 0, bytes);
	return memory;
}

#endif
