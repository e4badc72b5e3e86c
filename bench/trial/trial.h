/* SPDX-License-Identifier: MIT */
/* A trial: one subject, one workload, one team; and all that it showed. */
#ifndef TRIAL_H
#define TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "measure/drift.h"
#include "measure/latency.h"
#include "measure/machine.h"
#include "measure/memory.h"
#include "options/options.h"
#include "rows/subject.h"
#include "load/workload.h"

/* Objects constructed up to so many bytes; more ends the trial. */
#define TRIAL_BYTES_MAX ((uint64_t)1 << 30)

#define TRIAL_FAILURES_MAX 6
#define TRIAL_FAILURE_BYTES 192

/* One worker's part; the times and counts are those of the measured phase. */
struct trial_worker {
	int cpu; /* -1: unpinned */
	uint64_t borrows;
	uint64_t returns;
};

/* Of the case `fibers`: of all phases. */
struct trial_fibers {
	uint64_t begun;
	uint64_t migrated;   /* ended on another worker than it borrowed on */
	uint64_t stolen;     /* taken from others' queues */
	uint64_t values;     /* made, */
	uint64_t destructed; /* and destructed when all is closed */
	uint64_t strangers;  /* values found that were not the fiber's own */
	int error;           /* of a get, set or end that failed; 0: none */
};

/* Of a spike: what it added, and what of that came back. */
struct trial_spike {
	uint64_t settled_kib; /* memory before it, at the working set, */
	uint64_t back_kib;    /* and there again after it */
	uint64_t lent;        /* objects out to the end, */
	uint64_t objects;     /* all there were before the trim */
	uint64_t added_kib;
	/* Shares of that; NaN: nothing was added. */
	double back;     /* at the working set again */
	double quiesced; /* everything was returned, */
	double trimmed;  /* and trimmed */
};

/* Written by trial_run(). */
struct trial {
	const char *subject;
	struct workload workload; /* with the seed of this round */
	unsigned round;           /* from 1 */
	time_t time;
	/* The measured phase. */
	uint64_t ops; /* borrows, hence pairs */
	uint64_t wall_ns;
	uint64_t cpu_ns;
	double overlap;
	double min_max; /* slowest by fastest borrower */
	double jain;
	uint64_t decided; /* pairs that went back during it */
	double p_obs;     /* of these, those that migrated */
	uint64_t full;    /* pushes that met a full ring */
	/* Of a simulation: refills and flushes; NaN: not known. */
	double exchanges_per_op;
	bool capped;        /* ended by a limit of memory, */
	uint64_t capped_ns; /* at this time of the clock */
	struct trial_worker workers[WORKLOAD_WORKERS_MAX];
	struct drift_result drift;
	struct drift_series drift_series;
	struct trial_fibers fibers;
	struct trial_spike spike;
	/* If asked for: of single operations, and what timing them costs. */
	struct latency_quantiles sampled;
	struct latency_quantiles exchanges;
	double latency_floor_ns;
	/* The subject, at the end of that phase. */
	struct subject_stats stats;
	uint64_t footprint_peak; /* of the samples */
	uint64_t in_use_seen;    /* the most in a sample */
	size_t in_use_ceiling;   /* the most that can be */
	size_t bound;            /* SIZE_MAX: there is none */
	bool bound_ok;
	/* Memory: before anything was borrowed, the most, when the phase had
	 * ended, when everything was back and all workers had detached, and
	 * after that which could be given back was. */
	struct memory_series memory;
	uint64_t measured_ns; /* the start of the measured phase */
	uint64_t rss_before_kib;
	uint64_t rss_peak_kib;
	uint64_t rss_end_kib;
	uint64_t rss_quiesced_kib;
	uint64_t rss_trimmed_kib;
	uint64_t vm_hwm_kib;
	/* Noise. */
	uint64_t switches; /* involuntary ones, */
	uint64_t wakes;    /* each of the sampler's may be the cause of one */
	double pressure;   /* share of the wall time, or NaN */
	double steal;      /* the same */
	bool disturbed;
	/* Invariants that did not hold. */
	unsigned failures;
	char failure[TRIAL_FAILURES_MAX][TRIAL_FAILURE_BYTES];
};

/*
 * This process's memory now, into the peak and, to be kept, the series; returns
 * its anonymous part in KiB.  Ends the process if it cannot.
 */
uint64_t trial_sample_memory(struct trial *trial, uint64_t now_ns, bool keep);

/* Runs round `round`; ends the process if it cannot. */
void trial_run(const struct options *options, unsigned round,
	       struct trial *trial);

#endif
