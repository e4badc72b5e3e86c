/* SPDX-License-Identifier: MIT */
/* The invariants of a trial and the limits of noise. */
#include "verdict.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "keytable/table.h"

/* With so many pairs chance moves p by less than a sixth of this. */
#define P_TOLERANCE .01
#define P_PAIRS_MIN 100000u

/* Less than so much of the possible overlap, or more of others' pressure. */
#define OVERLAP_MIN .9
#define PRESSURE_MAX .1
/* More CPU time than this share of the wall time went to other machines. */
#define STEAL_MAX .1
/* A worker's involuntary switches a second, beyond those for the sampler. */
#define SWITCHES_PER_S_MAX 100.
/* Memory that pages and the allocator may add in half a trial. */
#define GROWTH_KIB_MAX 512.
/* The allocator's own, beside an object. */
#define ALLOCATOR_BYTES 16u
/* A fiber's table, beside the value: with a sub-table, for its one key. */
#define TABLE_BYTES                                                            \
	(sizeof(struct dp_keytable) + sizeof(struct sub) + 2 * ALLOCATOR_BYTES)
/* A spike that added less is too small beside all else a process needs. */
#define SPIKE_KIB_MIN ((uint64_t)64 << 10)

void
verdict_fail(struct trial *t, const char *format, ...)
{
	va_list arguments;

	if (t->failures == TRIAL_FAILURES_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(t->failure[t->failures++], TRIAL_FAILURE_BYTES, format,
		  arguments);
	va_end(arguments);
}

static void
judge_noise(struct trial *t, unsigned cpus)
{
	unsigned workers = t->workload.workers;
	unsigned possible = workers < cpus ? workers : cpus;
	double switches =
		SWITCHES_PER_S_MAX * workers * (double)t->wall_ns * 1e-9 +
		(double)t->wakes;

	/* Where threads come and go, or sleep, some do not run. */
	t->disturbed = t->workload.lifetime_ops == 0 && t->workload.live == 0 &&
		       t->overlap < OVERLAP_MIN * possible;
	if (isfinite(t->steal) && t->steal > STEAL_MAX)
		t->disturbed = true;
	/* More workers than CPUs wait for each other; that is no noise. */
	if (workers > cpus)
		return;
	if (isfinite(t->pressure) && t->pressure > PRESSURE_MAX)
		t->disturbed = true;
	if ((double)t->switches > switches)
		t->disturbed = true;
}

/*
 * What grows in the second half of the time, more than if all objects had come
 * in it, will go on growing.  Who has no bound is expected to.
 */
static void
judge_growth(struct trial *t)
{
	const struct memory_series *s = &t->memory;
	double object_bytes = (double)t->workload.object_bytes +
			      ALLOCATOR_BYTES +
			      (t->workload.live > 0 ? (double)TABLE_BYTES : 0.);
	double allowed = GROWTH_KIB_MAX +
			 (double)t->footprint_peak * object_bytes / 1024;

	if (!VERDICT_JUDGES_GROWTH || s->n == 0 || t->bound == SIZE_MAX)
		return;
	double half_s =
		(double)(s->time_ns[s->n - 1] - s->time_ns[0]) * 1e-9 / 2;
	double grown = memory_series_slope(s) * half_s;

	/* NaN: too few samples to say. */
	if (grown > allowed)
		verdict_fail(t,
			     "memory grew by %.0f KiB in the second half; "
			     "%" PRIu64 " objects explain %.0f at most",
			     grown, t->footprint_peak, allowed);
}

void
verdict_measured(struct trial *t, unsigned cpus)
{
	double p = workload_crosses(&t->workload) ? t->workload.migrate : 0;

	judge_noise(t, cpus);
	if (t->ops == 0)
		verdict_fail(t, "nothing was borrowed");
	/* Where fibers go is nobody's to ask for. */
	if (t->workload.live == 0 && t->decided >= P_PAIRS_MIN &&
	    !(fabs(t->p_obs - p) <= P_TOLERANCE))
		verdict_fail(t, "migration rate %g observed, %g asked for",
			     t->p_obs, p);
	t->bound_ok = t->footprint_peak <= t->bound;
	if (!t->bound_ok)
		verdict_fail(t, "footprint %" PRIu64 " above the bound %zu",
			     t->footprint_peak, t->bound);
	judge_growth(t);
}

void
verdict_quiesced(struct trial *t, const struct subject_stats *s,
		 uint64_t borrows, uint64_t returns)
{
	const uint64_t lent = t->spike.lent;

	if (borrows != returns + lent)
		verdict_fail(t,
			     "%" PRIu64 " borrows, but %" PRIu64
			     " returns and %" PRIu64 " out",
			     borrows, returns, lent);
	if (!s->counted)
		return;
	if (s->in_use != lent)
		verdict_fail(t,
			     "%" PRIu64 " in use when all but %" PRIu64
			     " are back",
			     s->in_use, lent);
	if (s->constructed - s->destructed != s->in_use + s->cached + s->depot)
		verdict_fail(t,
			     "constructed %" PRIu64 " - destructed %" PRIu64
			     " is not in use %" PRIu64 " + cached %" PRIu64
			     " + depot %" PRIu64,
			     s->constructed, s->destructed, s->in_use,
			     s->cached, s->depot);
}

/* Of `added`, what is not above `from` any more. */
static double
share_back(uint64_t added, uint64_t from, uint64_t now)
{
	uint64_t left = now > from ? now - from : 0;

	if (added == 0)
		return NAN;
	return left < added ? 1 - (double)left / (double)added : 0;
}

/*
 * The working set is part of the peak, and of what is trimmed; it is none of
 * what the spike added.  So that is held against what is left above the memory
 * before the first borrow, as if the warm-up had left nothing of it.
 */
void
verdict_spike(struct trial *t, double least)
{
	struct trial_spike *s = &t->spike;

	if (t->workload.spike == 0)
		return;
	s->added_kib = t->rss_peak_kib > s->settled_kib
			       ? t->rss_peak_kib - s->settled_kib
			       : 0;
	s->back = share_back(s->added_kib, s->settled_kib, s->back_kib);
	s->quiesced = share_back(s->added_kib, t->rss_before_kib,
				 t->rss_quiesced_kib);
	s->trimmed =
		share_back(s->added_kib, t->rss_before_kib, t->rss_trimmed_kib);
	if (least <= 0)
		return;
	if (s->added_kib < SPIKE_KIB_MIN)
		verdict_fail(t,
			     "the spike added %" PRIu64 " KiB; to judge what "
			     "comes back it takes %" PRIu64,
			     s->added_kib, SPIKE_KIB_MIN);
	else if (!(s->trimmed >= least))
		verdict_fail(t,
			     "of %" PRIu64 " KiB that the spike added %.1f %% "
			     "came back, not %g %%",
			     s->added_kib, 100 * s->trimmed, 100 * least);
}

void
verdict_fibers(struct trial *t)
{
	const struct trial_fibers *f = &t->fibers;

	if (f->error != 0)
		verdict_fail(t, "a fiber's table failed: %s",
			     strerror(-f->error));
	if (f->strangers > 0)
		verdict_fail(t, "%" PRIu64 " fibers found another's value",
			     f->strangers);
	if (f->values != f->destructed)
		verdict_fail(t,
			     "%" PRIu64 " values made, but %" PRIu64
			     " destructed",
			     f->values, f->destructed);
}
