/* SPDX-License-Identifier: MIT */
/* The series of samples and what is computed from it. */
#include "drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool
drift_open(struct drift *d, unsigned workers)
{
	size_t cells = (size_t)DRIFT_SAMPLES_MAX * workers;

	memset(d, 0, sizeof(*d));
	d->workers = workers;
	d->stride = 1;
	d->time_ns = malloc(DRIFT_SAMPLES_MAX * sizeof(uint64_t));
	d->constructed = malloc(DRIFT_SAMPLES_MAX * sizeof(uint64_t));
	d->borrows = malloc(cells * sizeof(uint64_t));
	d->returns = malloc(cells * sizeof(uint64_t));
	return d->time_ns != NULL && d->constructed != NULL &&
	       d->borrows != NULL && d->returns != NULL;
}

void
drift_close(struct drift *d)
{
	free(d->time_ns);
	free(d->constructed);
	free(d->borrows);
	free(d->returns);
}

static void
sample_set(struct drift *d, unsigned i, uint64_t time_ns, uint64_t constructed,
	   const uint64_t *borrows, const uint64_t *returns)
{
	size_t row = (size_t)i * d->workers;

	d->time_ns[i] = time_ns;
	d->constructed[i] = constructed;
	memcpy(d->borrows + row, borrows, d->workers * sizeof(*borrows));
	memcpy(d->returns + row, returns, d->workers * sizeof(*returns));
}

/* Keeps samples 0, 2, 4 and so on. */
static void
samples_thin(struct drift *d)
{
	unsigned kept = (d->n + 1) / 2;

	for (unsigned i = 1; i < kept; i++)
		sample_set(d, i, d->time_ns[2 * i], d->constructed[2 * i],
			   d->borrows + (size_t)2 * i * d->workers,
			   d->returns + (size_t)2 * i * d->workers);
	d->n = kept;
	d->stride *= 2;
}

void
drift_add(struct drift *d, uint64_t time_ns, uint64_t constructed,
	  const uint64_t *borrows, const uint64_t *returns, bool keep)
{
	if (!keep && ++d->offered < d->stride)
		return;
	d->offered = 0;
	if (d->n == DRIFT_SAMPLES_MAX)
		samples_thin(d);
	sample_set(d, d->n++, time_ns, constructed, borrows, returns);
}

double
drift_tv_observed(const double *borrows, const double *returns,
		  unsigned workers)
{
	double borrowed = 0, returned = 0, distance = 0;

	for (unsigned j = 0; j < workers; j++) {
		borrowed += borrows[j];
		returned += returns[j];
	}
	if (borrowed <= 0 || returned <= 0)
		return NAN;
	for (unsigned j = 0; j < workers; j++)
		distance += fabs(returns[j] / returned - borrows[j] / borrowed);
	return distance / 2;
}

double
drift_tv_predicted(const struct workload *w, const double *borrows)
{
	double returns[WORKLOAD_WORKERS_MAX];

	workload_returns(w, borrows, returns);
	return drift_tv_observed(borrows, returns, w->workers);
}

double
drift_slope(const double *x, const double *y, unsigned n)
{
	double mean_x = 0, mean_y = 0, covariance = 0, variance = 0;

	for (unsigned i = 0; i < n; i++) {
		mean_x += x[i] / n;
		mean_y += y[i] / n;
	}
	for (unsigned i = 0; i < n; i++) {
		covariance += (x[i] - mean_x) * (y[i] - mean_y);
		variance += (x[i] - mean_x) * (x[i] - mean_x);
	}
	return variance > 0 ? covariance / variance : NAN;
}

/* Operations up to sample i, of all workers. */
static double
sample_ops(const struct drift *d, unsigned i)
{
	double ops = 0;

	for (unsigned j = 0; j < d->workers; j++)
		ops += (double)d->borrows[(size_t)i * d->workers + j];
	return ops;
}

/* The sample nearest to the middle of all operations, not the last one. */
static unsigned
half_start(const struct drift *d)
{
	double middle = (sample_ops(d, 0) + sample_ops(d, d->n - 1)) / 2;
	unsigned nearest = 0;

	for (unsigned i = 1; i + 1 < d->n; i++)
		if (fabs(sample_ops(d, i) - middle) <
		    fabs(sample_ops(d, nearest) - middle))
			nearest = i;
	return nearest;
}

static void
measure_imbalance(const struct drift *d, const struct workload *w,
		  unsigned first, struct drift_result *result)
{
	double borrows[WORKLOAD_WORKERS_MAX], returns[WORKLOAD_WORKERS_MAX];
	size_t from = (size_t)first * d->workers;
	size_t to = (size_t)(d->n - 1) * d->workers;

	for (unsigned j = 0; j < d->workers; j++) {
		borrows[j] =
			(double)(d->borrows[to + j] - d->borrows[from + j]);
		returns[j] =
			(double)(d->returns[to + j] - d->returns[from + j]);
	}
	result->tv_pred = drift_tv_predicted(w, borrows);
	result->tv_obs = drift_tv_observed(borrows, returns, d->workers);
}

void
drift_measure(const struct drift *d, const struct workload *w,
	      struct drift_result *result)
{
	double ops[DRIFT_SAMPLES_MAX], seconds[DRIFT_SAMPLES_MAX];
	double constructed[DRIFT_SAMPLES_MAX];
	unsigned first, n;

	result->tv_pred = result->tv_obs = NAN;
	result->slope_obj_per_op = result->slope_obj_per_s = NAN;
	if (d->n < 2)
		return;
	first = half_start(d);
	n = d->n - first;
	for (unsigned i = 0; i < n; i++) {
		/* Relative to the first: the squares of totals lose digits. */
		ops[i] = sample_ops(d, first + i) - sample_ops(d, first);
		seconds[i] =
			(double)(d->time_ns[first + i] - d->time_ns[first]) *
			1e-9;
		constructed[i] = (double)d->constructed[first + i] -
				 (double)d->constructed[first];
	}
	measure_imbalance(d, w, first, result);
	result->slope_obj_per_op = drift_slope(ops, constructed, n);
	result->slope_obj_per_s = drift_slope(seconds, constructed, n);
}

void
drift_draw(const struct drift *d, struct drift_series *series)
{
	series->n = d->n < DRIFT_POINTS_MAX ? d->n : DRIFT_POINTS_MAX;
	for (unsigned i = 0; i < series->n; i++) {
		unsigned from =
			series->n == d->n
				? i
				: i * (d->n - 1) / (DRIFT_POINTS_MAX - 1);

		series->points[i] = (struct drift_point){
			.time_ns = d->time_ns[from],
			.ops = (uint64_t)sample_ops(d, from),
			.constructed = d->constructed[from],
		};
	}
}
