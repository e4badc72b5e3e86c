/* SPDX-License-Identifier: MIT */
/* What must hold of a trial, and what makes it doubtful. */
#ifndef VERDICT_H
#define VERDICT_H

#include "rows/subject.h"
#include "trial.h"

/* Records that something did not hold, as a sentence. */
__attribute__((format(printf, 2, 3))) void
verdict_fail(struct trial *trial, const char *format, ...);

/*
 * Checks what the measured phase showed: the migration rate and the bound.
 * Sets bound_ok and disturbed; `cpus` is how many CPUs the workers could use.
 */
void verdict_measured(struct trial *trial, unsigned cpus);
/*
 * Says what a spike added and what of it came back; if that is less than
 * `least`, a share, or if it added too little to say so, the trial fails.
 */
void verdict_spike(struct trial *trial, double least);
/* Checks what fibers found, when everything is closed. */
void verdict_fibers(struct trial *trial);
/* Checks the books when everything is back. */
void verdict_quiesced(struct trial *trial, const struct subject_stats *stats,
		      uint64_t borrows, uint64_t returns);

#endif
