/* SPDX-License-Identifier: MIT */
/* A reader that loses the last operation, to see the target notice. */
#include "trace.h"

int __real_trace_read(struct trace *trace, const char *file, unsigned workers,
		      char error[TRACE_ERROR_BYTES]);
int __wrap_trace_read(struct trace *trace, const char *file, unsigned workers,
		      char error[TRACE_ERROR_BYTES]);

/* The linker sends the target's calls here. */
__attribute__((used)) int
__wrap_trace_read(struct trace *trace, const char *file, unsigned workers,
		  char error[TRACE_ERROR_BYTES])
{
	int status = __real_trace_read(trace, file, workers, error);

	if (status == 0)
		trace->n--;
	return status;
}
