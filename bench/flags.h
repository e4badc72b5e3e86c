/* SPDX-License-Identifier: MIT */
/* The flags of the command line, one by one. */
#ifndef FLAGS_H
#define FLAGS_H

#include <stdbool.h>
#include <stdio.h>

#include "options.h"

/* Options under construction, and what was asked for. */
struct parse {
	struct options *options;
	const struct workload_case *workload_case; /* NULL: none named */
	bool workers, time, ops, warmup, smoke;
};

/*
 * Reads all arguments, but heeds only the flag `only` unless that is NULL.
 * Returns 0, or -1 with a line in `error`.
 */
int flags_read(struct parse *parse, int argc, char **argv, const char *only,
	       char error[OPTIONS_ERROR_BYTES]);

/* The table, for people. */
void flags_print(FILE *out);

#endif
