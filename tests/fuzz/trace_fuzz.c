/* SPDX-License-Identifier: MIT */
/*
 * Bytes are a trace file.  It is refused with one line that names it, or read
 * into operations of which borrow and return take turns for each object, and
 * whose numbers are those that a second count gives.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bytes.h"
#include "support/harness.h"
#include "load/trace.h"

#define WORKERS_MAX 16
/* More take more memory to check than there is to gain. */
#define OBJECTS_MAX 65536

static void
must(const char *claim, bool holds)
{
	harness_equal(claim, true, holds);
}

static void
check_error(const char *error, const char *file)
{
	size_t length = strnlen(error, TRACE_ERROR_BYTES);

	must("an error is a text", length > 0 && length < TRACE_ERROR_BYTES);
	must("an error is one line", !strchr(error, '\n'));
	must("an error names the file", strstr(error, file) != NULL);
}

/* Who has an object, from 1; 0: nobody. */
static void
check_operations(const struct trace *trace, uint16_t *holders)
{
	size_t out = 0, out_max = 0, borrows = 0, migrated = 0;

	for (size_t i = 0; i < trace->n; i++) {
		const struct trace_operation *o = &trace->operations[i];

		must("a worker is below their number",
		     o->worker < trace->workers);
		must("an object is below their number",
		     o->object < trace->objects);
		must("borrow and return take turns",
		     o->borrows == (holders[o->object] == 0));
		if (o->borrows) {
			holders[o->object] = (uint16_t)(o->worker + 1);
			borrows++;
			out++;
		} else {
			migrated += holders[o->object] != o->worker + 1;
			holders[o->object] = 0;
			out--;
		}
		out_max = out > out_max ? out : out_max;
	}
	harness_equal("the most that are out", out_max, trace->out_max);
	harness_equal("borrows", borrows, trace->borrows);
	harness_equal("returns", trace->n - borrows, trace->returns);
	harness_equal("objects that migrated", migrated, trace->migrated);
}

static void
check_trace(const struct trace *trace)
{
	must("workers are within limits", trace->workers <= WORKERS_MAX);
	if (trace->objects > OBJECTS_MAX)
		return;
	uint16_t *holders = calloc(OBJECTS_MAX, sizeof(*holders));

	must("there is memory", holders != NULL);
	check_operations(trace, holders);
	free(holders);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[TRACE_ERROR_BYTES] = "";
	struct trace trace;
	char file[64];

	int memory = memfd_create("trace", 0);

	must("there is a file in memory", memory >= 0);
	must("it takes the bytes", write(memory, data, size) == (ssize_t)size);
	snprintf(file, sizeof(file), "/proc/self/fd/%d", memory);
	if (trace_read(&trace, file, WORKERS_MAX, error) == 0) {
		check_trace(&trace);
		trace_close(&trace);
	} else {
		check_error(error, file);
	}
	close(memory);
	return 0;
}
