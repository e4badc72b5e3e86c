/* SPDX-License-Identifier: MIT */
/* Reports of trials: a table for people, or a JSON object a line. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "measure/machine.h"
#include "options/options.h"
#include "trial/trial.h"

/* The whole command that a program's options amount to, or the parameters. */
void report_options(FILE *out, const char *program, const char *subject,
		    const struct options *options);

/* The table's head comes with round 1. */
void report_trial(FILE *out, const char *program, const struct options *options,
		  const struct machine *machine, const struct trial *trial);

#endif
