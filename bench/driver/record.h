/* SPDX-License-Identifier: MIT */
/*
 * The record of a trial: one JSON object with all that it showed, on a line.
 * Whoever changes what is in it counts its schema up.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdio.h>

#include "base/json.h"
#include "measure/machine.h"
#include "options/options.h"
#include "trial/trial.h"

/* The object "params": what was asked for; null where a trace decides. */
void record_params(struct json *json, const struct options *options,
		   const struct workload *workload);

void record_write(FILE *out, const char *program, const struct options *options,
		  const struct machine *machine, const struct trial *trial);

#endif
