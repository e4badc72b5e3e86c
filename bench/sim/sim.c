/* SPDX-License-Identifier: MIT */
/* Running a simulation: phases, samples, what it showed. */
#include "sim.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "drive.h"
#include "trial/fairness.h"
#include "trial/verdict.h"

/* Samples of the measured phase, evenly over its operations. */
#define SAMPLES 128u
/* Operations before it: all that can be out once, and this part of it. */
#define WARMUP_PART 8u

/*
 * A simulation while it runs.  Invariant: without a trace the drive makes the
 * decisions; operations trace_at and following of a trace are still to be done.
 */
struct sim {
	const struct options *options;
	const struct trace *trace;
	struct trial *trial;
	struct crowd crowd;
	struct drive drive;
	struct drift drift;
	size_t trace_at;
	uint64_t borrows[WORKLOAD_WORKERS_MAX];
	uint64_t returns[WORKLOAD_WORKERS_MAX];
};

static void
sample(struct sim *s, bool keep)
{
	struct trial *t = s->trial;
	struct crowd *c = &s->crowd;

	crowd_look(c, &t->stats);
	for (unsigned i = 0; i < c->n; i++) {
		s->borrows[i] = c->each[i].borrows;
		s->returns[i] = c->each[i].returns;
	}
	drift_add(&s->drift, clock_wall_ns(), t->stats.constructed, s->borrows,
		  s->returns, keep);
	if (c->footprint_peak <= TRIAL_BYTES_MAX / t->workload.object_bytes)
		return;
	if (!t->capped)
		t->capped_ns = clock_wall_ns();
	t->capped = true;
}

/* Operations of the trace until so many more objects have been borrowed. */
static void
trace_run(struct sim *s, uint64_t operations)
{
	uint64_t end = s->crowd.borrows + operations;

	while (s->trace_at < s->trace->n) {
		const struct trace_operation *o =
			&s->trace->operations[s->trace_at];

		/* The returns that follow the last one still belong to it. */
		if (o->borrows && s->crowd.borrows == end)
			return;
		if (o->borrows)
			crowd_borrow(&s->crowd, o->worker, o->object);
		else
			crowd_return(&s->crowd, o->worker, o->object);
		s->trace_at++;
	}
}

static void
run(struct sim *s, uint64_t operations)
{
	if (s->trace != NULL)
		trace_run(s, operations);
	else
		drive_run(&s->drive, operations);
}

/* What moves during the measured phase. */
struct totals {
	uint64_t borrows;
	uint64_t kept; /* goes back on its borrower */
	uint64_t sent; /* on another worker */
	uint64_t exchanges;
};

static struct totals
totals_take(const struct sim *s)
{
	const struct crowd *c = &s->crowd;
	const struct subject_stats *stats = &s->trial->stats;
	struct totals totals = { .borrows = c->borrows,
				 .kept = c->returns - c->migrated,
				 .sent = c->migrated,
				 .exchanges = stats->refills + stats->flushes };

	/* Of what waits for a burst, it is decided where it goes. */
	if (s->trace == NULL) {
		totals.kept = s->drive.kept;
		totals.sent = s->drive.sent;
	}
	return totals;
}

/* What was borrowed, where it went and what it took, since the start. */
static void
measure_work(struct sim *s, const struct totals *before)
{
	struct trial *t = s->trial;
	const struct totals after = totals_take(s);

	for (unsigned i = 0; i < s->crowd.n; i++) {
		t->workers[i].borrows = s->borrows[i] - t->workers[i].borrows;
		t->workers[i].returns = s->returns[i] - t->workers[i].returns;
		t->workers[i].cpu = s->crowd.each[i].cpu;
	}
	t->ops = after.borrows - before->borrows;
	t->decided = after.kept - before->kept + after.sent - before->sent;
	t->p_obs = (double)(after.sent - before->sent) / (double)t->decided;
	t->exchanges_per_op =
		t->stats.exchanges
			? (double)(after.exchanges - before->exchanges) /
				  (double)t->ops
			: NAN;
	drift_measure(&s->drift, &t->workload, &t->drift);
	/* Of a trace it is known what went where, not what was likely. */
	if (s->trace != NULL)
		t->drift.tv_pred = NAN;
	if (t->stats.counted)
		drift_draw(&s->drift, &t->drift_series);
	else
		t->drift.slope_obj_per_op = t->drift.slope_obj_per_s = NAN;
	fairness_measure(t);
}

/* The bound is exact here: that of the peak at each instant. */
static void
measure_bound(struct sim *s)
{
	struct trial *t = s->trial;
	const struct crowd *c = &s->crowd;

	t->footprint_peak = c->footprint_peak;
	t->in_use_ceiling = t->in_use_seen = c->peak;
	t->bound = subject_bound(c->subject, c->peak);
	verdict_measured(t, 1);
	if (t->bound_ok && !c->bound_ok) {
		t->bound_ok = false;
		verdict_fail(t,
			     "footprint above the bound before the peak of "
			     "%zu objects in use",
			     c->peak);
	}
}

static void
measure(struct sim *s)
{
	struct trial *t = s->trial;
	const uint64_t ops =
		s->trace != NULL ? s->trace->borrows : s->options->ops;
	struct totals before;
	uint64_t done = 0;

	t->measured_ns = clock_wall_ns();
	sample(s, true);
	trial_sample_memory(t, clock_wall_ns(), true);
	before = totals_take(s);
	for (unsigned i = 0; i < s->crowd.n; i++) {
		t->workers[i].borrows = s->borrows[i];
		t->workers[i].returns = s->returns[i];
	}
	t->cpu_ns = clock_thread_ns();
	t->wall_ns = clock_wall_ns();
	for (unsigned k = 1; k <= SAMPLES && !t->capped; k++) {
		uint64_t next = ops / SAMPLES * k + ops % SAMPLES * k / SAMPLES;

		run(s, next - done);
		done = next;
		if (k < SAMPLES)
			sample(s, false);
		if (k % 2 == 0)
			trial_sample_memory(t, clock_wall_ns(), true);
	}
	t->wall_ns = clock_wall_ns() - t->wall_ns;
	t->cpu_ns = clock_thread_ns() - t->cpu_ns;
	sample(s, true);
	t->rss_end_kib = trial_sample_memory(t, clock_wall_ns(), false);
	measure_work(s, &before);
	measure_bound(s);
}

/*
 * The most in use at once, of which each worker has the same share: the null
 * subject lends the objects of a worker's own, and where none crosses they have
 * to suffice.
 */
static size_t
trace_ceiling(const struct trace *trace, const struct workload *w)
{
	return workload_crosses(w) ? trace->out_max + w->workers
				   : trace->worker_out_max * w->workers;
}

static void
sim_open(struct sim *s)
{
	const struct workload *w = &s->trial->workload;
	size_t ceiling = s->trace != NULL ? trace_ceiling(s->trace, w)
					  : workload_sim_ceiling(w);
	int error = crowd_open(&s->crowd, w,
			       s->trace != NULL ? s->trace->objects
						: (uint32_t)ceiling,
			       ceiling);

	if (error != 0)
		team_fail("open the subject", -error);
	if (!drift_open(&s->drift, w->workers))
		team_fail("keep samples", ENOMEM);
	if (s->trace == NULL && !drive_open(&s->drive, w, &s->crowd))
		team_fail("make the workers", ENOMEM);
	crowd_attach(&s->crowd);
}

/* What a trace left out goes back on the worker that has it. */
static void
trace_clear(struct sim *s)
{
	for (uint32_t number = 0; number < s->crowd.numbers; number++)
		if (s->crowd.loans[number].object != NULL)
			crowd_return(&s->crowd, s->crowd.loans[number].borrower,
				     number);
}

/* Everything goes back, the workers detach, the books are checked. */
static void
sim_close(struct sim *s)
{
	struct trial *t = s->trial;
	struct crowd *c = &s->crowd;
	struct subject_stats stats;
	int error;

	c->record = NULL;
	if (s->trace != NULL)
		trace_clear(s);
	else
		drive_clear(&s->drive);
	crowd_detach(c);
	subject_stats(c->subject, &stats);
	verdict_quiesced(t, &stats, c->borrows, c->returns);
	t->rss_quiesced_kib = trial_sample_memory(t, clock_wall_ns(), false);
	subject_trim(c->subject);
	t->rss_trimmed_kib = trial_sample_memory(t, clock_wall_ns(), false);
	error = subject_close(c->subject);
	if (error != 0)
		verdict_fail(t, "the subject does not close: %s",
			     strerror(-error));
	if (s->trace == NULL)
		drive_close(&s->drive);
	drift_close(&s->drift);
	crowd_close(c);
}

/* What a trace makes of the workload; that it crosses is what matters. */
static void
workload_by_trace(struct workload *w, const struct trace *trace)
{
	w->workers = w->workers > trace->workers ? w->workers : trace->workers;
	w->destination =
		trace->migrated > 0 ? DESTINATION_UNIFORM : DESTINATION_LOCAL;
	w->migrate = trace->migrated > 0
			     ? (double)trace->migrated / (double)trace->returns
			     : 0;
}

void
sim_run(const struct options *o, const struct sim_files *files, unsigned round,
	struct trial *t)
{
	static struct sim s;

	memset(t, 0, sizeof(*t));
	memset(&s, 0, sizeof(s));
	s.options = o;
	s.trace = files->trace;
	s.trial = t;
	t->subject = subject_name();
	t->workload = o->workload;
	t->workload.seed += round - 1;
	if (s.trace != NULL)
		workload_by_trace(&t->workload, s.trace);
	t->round = round;
	t->time = time(NULL);
	t->overlap = t->pressure = t->steal = NAN;
	sim_open(&s);
	s.crowd.record = files->record;
	t->rss_before_kib = trial_sample_memory(t, clock_wall_ns(), false);
	/* A recording begins at the beginning. */
	if (s.trace == NULL && files->record == NULL)
		drive_run(&s.drive, workload_sim_ceiling(&t->workload) +
					    o->ops / WARMUP_PART);
	measure(&s);
	sim_close(&s);
}
