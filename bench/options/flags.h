/* SPDX-License-Identifier: MIT */
/* The flags of the command line: a table of them. */
#ifndef FLAGS_H
#define FLAGS_H

#include <stdbool.h>

#include "options.h"

/* Options under construction, and what was asked for. */
struct parse {
	struct options *options;
	const struct workload_case *workload_case; /* NULL: none named */
	bool workers, time, ops, warmup, smoke;
	uint64_t given; /* bit i: the i-th of the flags was */
};

/* A flag; `value` is NULL if it takes none, and then `allowed` is unused. */
struct flag {
	const char *name;
	const char *value;
	const char *allowed;
	bool (*set)(struct parse *parse, const char *text);
	const char *help;
};

/* All of them, at most 64; the last one has the name NULL. */
extern const struct flag flags[];

#endif
