/* SPDX-License-Identifier: MIT */
/* Running a trial: the main thread's part, which is also the sampler's. */
#include "trial.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "clock.h"
#include "loop.h"
#include "station.h"
#include "team.h"
#include "verdict.h"

/* Between two samples; a subject that leaks is watched more closely. */
#define SAMPLE_NS ((uint64_t)10 * 1000 * 1000)
#define SAMPLE_CLOSE_NS ((uint64_t)1000 * 1000)
/* Memory is read from /proc at most so often. */
#define MEMORY_NS ((uint64_t)10 * 1000 * 1000)
/* A sample is taken again, so often, if more than 1 % of all went by. */
#define SAMPLE_TRIES 4

/* What a trial is made of while it runs; the main thread's. */
struct course {
	const struct options *options;
	struct trial *trial;
	struct subject subject;
	struct team team;
	struct stations stations;
	struct drift drift;
	bool recording;     /* the measured phase */
	uint64_t memory_ns; /* when memory was last read */
	uint64_t borrows[WORKLOAD_WORKERS_MAX];
	uint64_t returns[WORKLOAD_WORKERS_MAX];
};

static uint64_t
course_borrows(struct course *c)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < c->stations.n; i++)
		sum += station_borrows(&c->stations.each[i]);
	return sum;
}

static uint64_t
memory_sample(struct course *c)
{
	struct memory memory;

	if (!memory_read(&memory))
		team_fail("read /proc/self/status", errno);
	if (memory.rss_anon_kib > c->trial->rss_peak_kib)
		c->trial->rss_peak_kib = memory.rss_anon_kib;
	c->trial->vm_hwm_kib = memory.vm_hwm_kib;
	c->memory_ns = clock_wall_ns();
	return memory.rss_anon_kib;
}

/* Objects and operations as of one moment, as far as that goes. */
static void
counts_read(struct course *c, struct subject_stats *stats)
{
	for (int i = 0; i < SAMPLE_TRIES; i++) {
		uint64_t before = course_borrows(c);
		uint64_t after = 0;

		subject_stats(&c->subject, stats);
		for (unsigned j = 0; j < c->stations.n; j++) {
			struct station *s = &c->stations.each[j];

			/* Returns first, lest more went back than out. */
			c->returns[j] = station_returns(s);
			c->borrows[j] = station_borrows(s);
			after += c->borrows[j];
		}
		if (after - before <= after / 100)
			return;
	}
}

/* `keep`: the members are at rest, and the sample is exact. */
static void
course_sample(struct course *c, bool keep)
{
	struct trial *t = c->trial;
	struct subject_stats stats;
	uint64_t footprint, in_use, borrowed = 0, returned = 0;

	counts_read(c, &stats);
	footprint = stats.constructed - stats.destructed;
	if (footprint > t->footprint_peak)
		t->footprint_peak = footprint;
	for (unsigned i = 0; i < c->stations.n; i++) {
		borrowed += c->borrows[i];
		returned += c->returns[i];
	}
	in_use = borrowed > returned ? borrowed - returned : 0;
	/* Returns were read first: some of these are back meanwhile. */
	if (stats.counted && in_use > footprint)
		in_use = footprint;
	if (in_use > t->in_use_seen)
		t->in_use_seen = in_use;
	if (footprint > TRIAL_BYTES_MAX / t->workload.object_bytes) {
		t->capped = true;
		team_stop(&c->team);
	}
	if (!c->recording)
		return;
	drift_add(&c->drift, clock_wall_ns(), stats.constructed, c->borrows,
		  c->returns, keep);
	if (keep)
		t->stats = stats;
}

/* A short phase, or one whose length is not known, gets as many samples. */
static uint64_t
sample_period(const struct course *c, uint64_t time_ns)
{
	uint64_t period = time_ns / 20;

	if (c->team.ops > 0 || subject_leaks() || period < SAMPLE_CLOSE_NS)
		return SAMPLE_CLOSE_NS;
	return period < SAMPLE_NS ? period : SAMPLE_NS;
}

/* The main thread's part of a phase: sample, and stop it in time. */
static void
phase_watch(struct course *c, uint64_t time_ns)
{
	uint64_t period = sample_period(c, time_ns);
	uint64_t end = clock_wall_ns() + time_ns;

	while (!team_stopped(&c->team)) {
		uint64_t now = clock_wall_ns();
		uint64_t sleep = period;

		if (time_ns > 0 && now >= end) {
			team_stop(&c->team);
			break;
		}
		if (time_ns > 0 && end - now < sleep)
			sleep = end - now;
		clock_sleep_ns(sleep);
		/* The last sample is taken at rest. */
		if (team_stopped(&c->team))
			break;
		course_sample(c, false);
		if (clock_wall_ns() - c->memory_ns >= MEMORY_NS)
			memory_sample(c);
	}
}

/* Runs one phase of at most ops operations and time_ns; 0: no such limit. */
static void
phase_run(struct course *c, uint64_t ops, uint64_t time_ns)
{
	team_prepare(&c->team, ops);
	team_wait(&c->team);
	phase_watch(c, time_ns);
	team_wait(&c->team);
}

/* Totals of all stations since they were opened. */
struct tally {
	uint64_t borrowed, kept, cleared, sent, received, full;
};

static struct tally
tally_take(struct course *c)
{
	struct tally sum = { 0 };

	for (unsigned i = 0; i < c->stations.n; i++) {
		const struct station *s = &c->stations.each[i];

		sum.borrowed += s->borrowed;
		sum.kept += s->kept;
		sum.cleared += s->cleared;
		sum.sent += s->sent;
		sum.received += s->received;
		sum.full += s->full;
	}
	return sum;
}

/* Times, from the stamps of all members. */
static void
measure_times(struct course *c)
{
	struct trial *t = c->trial;
	uint64_t first = UINT64_MAX, last = 0;

	for (unsigned i = 0; i < c->stations.n; i++) {
		const struct member *m = &c->stations.each[i].member;

		first = m->start_ns < first ? m->start_ns : first;
		last = m->end_ns > last ? m->end_ns : last;
		t->cpu_ns += m->cpu_ns;
		t->switches += m->switches;
		t->workers[i].cpu = m->cpu;
	}
	t->wall_ns = last - first;
	t->overlap = (double)t->cpu_ns / (double)t->wall_ns;
}

/* How evenly the borrowers got on: slowest by fastest, and Jain's index. */
static void
measure_fairness(struct trial *t)
{
	double least = INFINITY, most = 0, sum = 0, squares = 0;
	unsigned n = workload_borrowers(&t->workload);

	for (unsigned i = 0; i < n; i++) {
		double borrows = (double)t->workers[i].borrows;

		least = borrows < least ? borrows : least;
		most = borrows > most ? borrows : most;
		sum += borrows;
		squares += borrows * borrows;
	}
	t->min_max = least / most;
	t->jain = sum * sum / (n * squares);
}

/* The share of the wall time that `noise` grew by, since `before`. */
static void
measure_noise(struct trial *t, const struct machine_noise *before)
{
	struct machine_noise now;

	machine_noise_read(&now);
	t->pressure =
		now.pressure_known
			? (double)(now.pressure_us - before->pressure_us) *
				  1e3 / (double)t->wall_ns
			: NAN;
	t->steal = now.steal_known ? (now.steal_s - before->steal_s) * 1e9 /
					     (double)t->wall_ns
				   : NAN;
}

/* The measured phase, between two moments of rest. */
static void
course_measure(struct course *c)
{
	const struct options *o = c->options;
	struct trial *t = c->trial;
	struct tally before = tally_take(c), after;
	struct machine_noise noise;

	c->recording = true;
	course_sample(c, true);
	for (unsigned i = 0; i < c->stations.n; i++) {
		t->workers[i].borrows = c->borrows[i];
		t->workers[i].returns = c->returns[i];
	}
	machine_noise_read(&noise);
	phase_run(c, o->ops, o->ops > 0 ? 0 : o->time_ns);
	measure_times(c);
	measure_noise(t, &noise);
	course_sample(c, true);
	t->rss_end_kib = memory_sample(c);
	for (unsigned i = 0; i < c->stations.n; i++) {
		t->workers[i].borrows = c->borrows[i] - t->workers[i].borrows;
		t->workers[i].returns = c->returns[i] - t->workers[i].returns;
	}
	after = tally_take(c);
	t->ops = after.borrowed - before.borrowed;
	t->full = after.full - before.full;
	t->p_obs =
		(double)(after.sent - before.sent) /
		(double)(after.sent - before.sent + after.kept - before.kept);
	drift_measure(&c->drift, &t->workload, &t->drift);
	if (!t->stats.counted)
		t->drift.slope_obj_per_op = t->drift.slope_obj_per_s = NAN;
	measure_fairness(t);
	t->bound = subject_bound(&c->subject, t->in_use_ceiling);
	verdict_measured(t, (unsigned)CPU_COUNT(&o->cpus));
}

static void
course_open(struct course *c)
{
	const struct options *o = c->options;
	struct trial *t = c->trial;
	const struct workload *w = &t->workload;
	int error;

	t->in_use_ceiling = workload_in_use_ceiling(w);
	error = subject_open(&c->subject, w, t->in_use_ceiling);
	if (error != 0)
		team_fail("open the subject", -error);
	team_open(&c->team, w->workers, workload_borrowers(w),
		  o->pin == OPTIONS_PIN_NONE ? NULL : &o->cpus);
	error = stations_open(&c->stations, w, &c->team, &c->subject);
	if (error != 0)
		team_fail("make the stations", -error);
	if (!drift_open(&c->drift, w->workers))
		team_fail("keep samples", ENOMEM);
	for (unsigned i = 0; i < w->workers; i++) {
		struct station *s = &c->stations.each[i];

		s->phases = o->warmup_ns > 0 ? 2 : 1;
		team_start(&c->team, &s->member, i, loop_run, s);
	}
}

/* Everything goes back, the workers detach, the books are checked. */
static void
course_close(struct course *c)
{
	struct trial *t = c->trial;
	struct subject_stats stats;
	struct tally sum;
	int error;

	team_wait(&c->team);
	team_wait(&c->team);
	for (unsigned i = 0; i < c->stations.n; i++)
		member_join(&c->stations.each[i].member);
	sum = tally_take(c);
	subject_stats(&c->subject, &stats);
	verdict_quiesced(t, &stats, sum.borrowed,
			 sum.kept + sum.cleared + sum.received);
	t->rss_quiesced_kib = memory_sample(c);
	team_close(&c->team);
	stations_close(&c->stations);
	drift_close(&c->drift);
	error = subject_close(&c->subject);
	if (error != 0)
		verdict_fail(t, "the subject does not close: %s",
			     strerror(-error));
}

void
trial_run(const struct options *o, unsigned round, struct trial *t)
{
	struct course c = { .options = o, .trial = t };

	memset(t, 0, sizeof(*t));
	t->subject = subject_name();
	t->workload = o->workload;
	t->workload.seed += round - 1;
	t->round = round;
	t->time = time(NULL);
	course_open(&c);
	/* All are attached, and nothing has been borrowed. */
	team_wait(&c.team);
	t->rss_before_kib = memory_sample(&c);
	if (o->warmup_ns > 0)
		phase_run(&c, o->ops > 0 ? (o->ops + 7) / 8 : 0, o->warmup_ns);
	course_measure(&c);
	course_close(&c);
}
