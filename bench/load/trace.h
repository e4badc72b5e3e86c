/* SPDX-License-Identifier: MIT */
/*
 * A trace: who borrowed and returned which object, in order.  As text, an
 * operation a line,
 *
 *	<worker> borrow|return <object>
 *
 * both numbers decimal, words apart by one space; empty lines and those that
 * begin with # do not count.  An object is out from its borrow to its return,
 * after which its number may be used again.  A trace may end with some out.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Limits of numbers, and of the operations, which are kept in memory. */
#define TRACE_WORKERS_MAX 4096u
#define TRACE_OBJECTS_MAX ((uint32_t)1 << 24)
#define TRACE_OPERATIONS_MAX ((size_t)1 << 25)

struct trace_operation {
	uint16_t worker;
	bool borrows;
	uint32_t object;
};

/*
 * Constant once read.  Invariant: of each object, borrow and return take turns,
 * the borrow first; out_max is the most that are out at once.
 */
struct trace {
	struct trace_operation *operations;
	size_t n;
	unsigned workers; /* the highest one + 1 */
	uint32_t objects; /* the highest one + 1 */
	size_t out_max;
	size_t worker_out_max; /* the same of what one worker borrowed */
	size_t borrows;
	size_t returns;
	size_t migrated; /* returned on another worker than borrowed on */
};

#define TRACE_ERROR_BYTES 640

/*
 * Reads the file, whose workers are to be below `workers`, at most
 * TRACE_WORKERS_MAX.  Returns 0, or -1
 * with one line in `error`: the file and the line's number, what is wrong, what
 * is allowed.
 */
int trace_read(struct trace *trace, const char *file, unsigned workers,
	       char error[TRACE_ERROR_BYTES]);
void trace_close(struct trace *trace);

/* Errors show in ferror(). */
void trace_write_head(FILE *out, const char *program, const char *case_name);
void trace_write(FILE *out, unsigned worker, bool borrows, uint32_t object);

#endif
