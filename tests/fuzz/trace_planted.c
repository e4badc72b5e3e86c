/* SPDX-License-Identifier: MIT */
/* A reader that loses the last operation, to see the target notice. */
/* Elsewhere this name is that of the function below. */
#undef trace_read

#include "load/trace.h"

int planted_trace_read(struct trace *trace, const char *file, unsigned workers,
		       char error[TRACE_ERROR_BYTES]);

int
planted_trace_read(struct trace *trace, const char *file, unsigned workers,
		   char error[TRACE_ERROR_BYTES])
{
	int status = trace_read(trace, file, workers, error);

	if (status == 0)
		trace->n--;
	return status;
}
