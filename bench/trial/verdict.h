/* SPDX-License-Identifier: MIT */
/* What must hold of a trial, and what makes it doubtful. */
#ifndef VERDICT_H
#define VERDICT_H

#include "rows/subject.h"
#include "trial.h"

/* A sanitizer keeps what is freed, or what it knows of it: it grows. */
#if defined(__has_feature)
#define VERDICT_CLANG_HAS(feature) __has_feature(feature)
#else
#define VERDICT_CLANG_HAS(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||           \
	VERDICT_CLANG_HAS(address_sanitizer) ||                                \
	VERDICT_CLANG_HAS(thread_sanitizer)
#define VERDICT_JUDGES_GROWTH 0
#else
#define VERDICT_JUDGES_GROWTH 1
#endif

/* Records that something did not hold, as a sentence. */
__attribute__((format(printf, 2, 3))) void
verdict_fail(struct trial *trial, const char *format, ...);

/*
 * Checks what the measured phase showed: the migration rate, the bound, and
 * that the memory of a subject with a bound does not go on growing.
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
