/* SPDX-License-Identifier: MIT */
/* The course of a trial: what it is made of, and the watch that is kept. */
#ifndef COURSE_H
#define COURSE_H

#include "station.h"
#include "trial.h"

struct crew;

/* What a trial is made of while it runs; the main thread's. */
struct course {
	const struct options *options;
	struct trial *trial;
	struct subject subject;
	struct team team;
	struct stations stations;
	struct crew *crew; /* of fibers; NULL: none */
	struct drift drift;
	bool recording;      /* the measured phase */
	uint64_t memory_ns;  /* when memory was last read */
	uint64_t metrics_ns; /* when metrics were last written; 0: never */
	uint64_t borrows[WORKLOAD_THREADS_MAX];
	uint64_t returns[WORKLOAD_THREADS_MAX];
};

/* From now on SIGINT or SIGTERM ends the phase, not the process. */
void course_end_by_signal(void);
/* Reads memory, now; KiB. */
uint64_t course_sample_memory(struct course *course);
/* Reads the counts; `keep`: the members are at rest, and they are exact. */
void course_sample(struct course *course, bool keep);
/* The main thread's part of a phase: sample, and stop it in time (0: never). */
void course_watch(struct course *course, uint64_t time_ns);

#endif
