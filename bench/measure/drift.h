/* SPDX-License-Identifier: MIT */
/*
 * Drift: how far the workers' return shares are from their borrow shares, and
 * how many objects that has created.  Measured over the second half of a
 * trial's operations, where what the start needed has been created.
 */
#ifndef DRIFT_H
#define DRIFT_H

#include <stdbool.h>
#include <stdint.h>

#include "load/workload.h"

/* Samples kept; a longer series is thinned out evenly. */
#define DRIFT_SAMPLES_MAX 512u

/*
 * A series of samples in the order of time.  Owner: the main thread.
 * Invariant: n <= DRIFT_SAMPLES_MAX; borrows and returns hold n rows, one
 * number a worker, that never go down.
 */
struct drift {
	unsigned workers;
	unsigned n;
	unsigned stride;  /* every stride-th sample is kept */
	unsigned offered; /* since the last one kept */
	uint64_t *time_ns;
	uint64_t *constructed;
	uint64_t *borrows;
	uint64_t *returns;
};

/* Points of a series that are kept for others to draw. */
#define DRIFT_POINTS_MAX 64u

/* Invariant: n <= DRIFT_POINTS_MAX; the first and the last sample are in it. */
struct drift_series {
	unsigned n;
	struct drift_point {
		uint64_t time_ns;
		uint64_t ops; /* of all workers */
		uint64_t constructed;
	} points[DRIFT_POINTS_MAX];
};

/* NaN: not known, for there were too few samples or operations. */
struct drift_result {
	double tv_pred; /* of measured borrows, nominal P */
	double tv_obs;
	double slope_obj_per_op;
	double slope_obj_per_s;
};

/* False: out of memory; drift_close() is fine then, too. */
bool drift_open(struct drift *drift, unsigned workers);
void drift_close(struct drift *drift);

/* `keep`: the first or the last one, not to be thinned out. */
void drift_add(struct drift *drift, uint64_t time_ns, uint64_t constructed,
	       const uint64_t *borrows, const uint64_t *returns, bool keep);
void drift_measure(const struct drift *drift, const struct workload *workload,
		   struct drift_result *result);
/* Evenly chosen samples. */
void drift_draw(const struct drift *drift, struct drift_series *series);

/* The parts, on shares or counts of any scale; NaN if all are 0. */
double drift_tv_observed(const double *borrows, const double *returns,
			 unsigned workers);
double drift_tv_predicted(const struct workload *workload,
			  const double *borrows);
/* Least squares of y over x; NaN if x does not vary. */
double drift_slope(const double *x, const double *y, unsigned n);

#endif
