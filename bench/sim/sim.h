/* SPDX-License-Identifier: MIT */
/*
 * A simulation: a trial of which all workers are virtual and take turns in this
 * thread.  Everything but times follows from the seed, or from the trace.
 */
#ifndef SIM_H
#define SIM_H

#include "load/trace.h"
#include "trial/trial.h"

/* What comes from and goes to files; NULL: no such one. */
struct sim_files {
	const struct trace *trace;
	FILE *record;
};

/* As trial_run(); a trace takes the place of the workload's decisions. */
void sim_run(const struct options *options, const struct sim_files *files,
	     unsigned round, struct trial *trial);

#endif
