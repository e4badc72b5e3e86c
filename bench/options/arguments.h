/* SPDX-License-Identifier: MIT */
/* The arguments of a command line, of the flags there are. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stdio.h>

#include "flags.h"

/*
 * Reads all arguments, but heeds only the flag `only` unless that is NULL.
 * Returns 0, or -1 with a line in `error`.
 */
int arguments_read(struct parse *parse, int argc, char **argv, const char *only,
		   char error[OPTIONS_ERROR_BYTES]);

/* Was this flag among what was read? */
bool arguments_given(const struct parse *parse, const char *name);

/* The table of flags, for people. */
void arguments_print(FILE *out);

#endif
