/* SPDX-License-Identifier: MIT */
/* Running a trial: the main thread's part, which is also the sampler's. */
#include "trial.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "course.h"
#include "base/cycles.h"
#include "fairness.h"
#include "fibers.h"
#include "loop.h"
#include "monitor.h"
#include "spike.h"
#include "verdict.h"

/* Runs one phase of at most ops operations and time_ns; 0: no such limit. */
static void
phase_run(struct course *c, uint64_t ops, uint64_t time_ns)
{
	team_prepare(&c->team, ops);
	if (c->crew != NULL)
		fibers_prepare(c->crew, &c->team);
	team_wait(&c->team);
	course_watch(c, time_ns);
	team_wait(&c->team);
}

/* The warm-up, and the phase after a spike. */
static void
short_phase_run(struct course *c)
{
	const struct options *o = c->options;

	phase_run(c, o->ops > 0 ? (o->ops + 7) / 8 : 0, o->warmup_ns);
}

/* Between phases: a spike's stations take or return objects; see spike.h. */
static void
course_step(struct course *c)
{
	if (c->trial->workload.spike == 0)
		return;
	team_wait(&c->team);
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

uint64_t
trial_sample_memory(struct trial *t, uint64_t now_ns, bool keep)
{
	struct memory memory;

	if (!memory_read(&memory))
		team_fail("read /proc/self/status", errno);
	if (memory.rss_anon_kib > t->rss_peak_kib)
		t->rss_peak_kib = memory.rss_anon_kib;
	t->vm_hwm_kib = memory.vm_hwm_kib;
	if (keep)
		memory_series_add(&t->memory, now_ns, memory.rss_anon_kib);
	return memory.rss_anon_kib;
}

/* The shares of the wall time that went to others, since `before`. */
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

/* Forgets what was timed so far. */
static void
latencies_clear(struct course *c)
{
	for (unsigned i = 0; c->options->latency && i < c->stations.n; i++)
		latency_clear(&c->stations.latencies[i]);
}

/* What all workers timed, together. */
static void
measure_latency(struct course *c, double ns_per_cycle)
{
	struct trial *t = c->trial;
	struct latency *all = c->stations.latencies;

	if (!c->options->latency)
		return;
	for (unsigned i = 1; i < c->stations.n; i++)
		latency_merge(all, &c->stations.latencies[i]);
	latency_measure(&all->sampled, ns_per_cycle, &t->sampled);
	latency_measure(&all->exchanges, ns_per_cycle, &t->exchanges);
	t->latency_floor_ns = (double)latency_floor() * ns_per_cycle;
}

/* What was borrowed and where it went, since `before`. */
static void
measure_work(struct course *c, const struct tally *before)
{
	struct trial *t = c->trial;
	struct tally after = tally_take(c);

	for (unsigned i = 0; i < c->stations.n; i++) {
		t->workers[i].borrows = c->borrows[i] - t->workers[i].borrows;
		t->workers[i].returns = c->returns[i] - t->workers[i].returns;
	}
	t->ops = after.borrowed - before->borrowed;
	t->full = after.full - before->full;
	t->decided = after.sent - before->sent + after.kept - before->kept;
	t->p_obs = (double)(after.sent - before->sent) / (double)t->decided;
	drift_measure(&c->drift, &t->workload, &t->drift);
	if (t->stats.counted)
		drift_draw(&c->drift, &t->drift_series);
	else
		t->drift.slope_obj_per_op = t->drift.slope_obj_per_s = NAN;
	fairness_measure(t);
	if (c->crew == NULL)
		return;
	/* Nobody says where they go. */
	t->drift.tv_pred = NAN;
	fibers_measure(c->crew, t);
}

/* The measured phase, between two moments of rest. */
static void
course_measure(struct course *c)
{
	const struct options *o = c->options;
	struct trial *t = c->trial;
	struct tally before = tally_take(c);
	struct machine_noise noise;
	uint64_t cycles;

	latencies_clear(c);
	c->recording = true;
	course_sample(c, true);
	for (unsigned i = 0; i < c->stations.n; i++) {
		t->workers[i].borrows = c->borrows[i];
		t->workers[i].returns = c->returns[i];
	}
	machine_noise_read(&noise);
	t->measured_ns = clock_wall_ns();
	cycles = cycles_begin();
	course_sample_memory(c);
	phase_run(c, o->ops, o->ops > 0 || o->endless ? 0 : o->time_ns);
	cycles = cycles_end() - cycles;
	measure_latency(c, (double)(clock_wall_ns() - t->measured_ns) /
				   (double)cycles);
	measure_times(c);
	measure_noise(t, &noise);
	course_sample(c, true);
	memory_series_keep_next(&t->memory);
	t->rss_end_kib = course_sample_memory(c);
	monitor_turn(c, true);
	c->recording = false;
	measure_work(c, &before);
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
	error = w->live > 0
			? fibers_subject_open(&c->subject, w, t->in_use_ceiling)
			: subject_open(&c->subject, w, t->in_use_ceiling);
	if (error != 0)
		team_fail("open the subject", -error);
	team_open(&c->team, w->workers, workload_borrowers(w),
		  o->pin == OPTIONS_PIN_NONE ? NULL : &o->cpus);
	error = stations_open(&c->stations, w, o->latency, &c->team,
			      &c->subject);
	if (error != 0)
		team_fail("make the stations", -error);
	if (w->live > 0)
		error = fibers_open(&c->crew, w, &c->stations);
	if (error != 0)
		team_fail("make the fibers", -error);
	if (!drift_open(&c->drift, w->workers))
		team_fail("keep samples", ENOMEM);
	for (unsigned i = 0; i < w->workers; i++) {
		struct station *s = &c->stations.each[i];

		s->phases = w->spike > 0       ? SPIKE_PHASES
			    : o->warmup_ns > 0 ? 2
					       : 1;
		if (c->crew != NULL)
			team_start(&c->team, &s->member, i, fibers_run,
				   fibers_worker(c->crew, i));
		else
			team_start(&c->team, &s->member, i, loop_run, s);
	}
}

/* What a spike left out goes back at last. */
static void
course_return_lent(struct course *c)
{
	struct subject_worker worker;
	int error;

	if (c->trial->spike.lent == 0)
		return;
	error = subject_attach(&worker, &c->subject, 0);
	if (error != 0)
		team_fail("attach a worker", -error);
	for (unsigned i = 0; i < c->stations.n; i++) {
		const struct station *s = &c->stations.each[i];

		for (uint32_t k = 0; k < s->lent_n; k++)
			subject_return(worker, s->lent[k], s->crosses);
	}
	subject_detach(worker);
}

/* The share of what a spike added that has to come back. */
static double
give_back_least(const struct options *o)
{
	if (!isnan(o->give_back))
		return o->give_back;
	return subject_gives_back() && o->workload.kept == 0 ? SPIKE_GIVE_BACK
							     : 0;
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
	for (unsigned i = 0; i < c->stations.n; i++)
		t->spike.lent += c->stations.each[i].lent_n;
	subject_stats(&c->subject, &stats);
	t->spike.objects = stats.constructed - stats.destructed;
	verdict_quiesced(t, &stats, sum.borrowed,
			 sum.kept + sum.cleared + sum.received);
	t->rss_quiesced_kib = course_sample_memory(c);
	subject_trim(&c->subject);
	t->rss_trimmed_kib = course_sample_memory(c);
	course_return_lent(c);
	verdict_spike(t, give_back_least(c->options));
	team_close(&c->team);
	drift_close(&c->drift);
	error = c->crew != NULL ? fibers_subject_close(&c->subject)
				: subject_close(&c->subject);
	if (error != 0)
		verdict_fail(t, "the subject does not close: %s",
			     strerror(-error));
	if (c->crew != NULL)
		fibers_close(c->crew, t);
	stations_close(&c->stations);
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
	if (o->endless)
		course_end_by_signal();
	course_open(&c);
	/* All are attached, and nothing has been borrowed. */
	team_wait(&c.team);
	t->rss_before_kib = course_sample_memory(&c);
	course_step(&c);
	if (o->warmup_ns > 0)
		short_phase_run(&c);
	t->spike.settled_kib = course_sample_memory(&c);
	course_step(&c);
	course_measure(&c);
	course_step(&c);
	if (o->workload.spike > 0)
		short_phase_run(&c);
	t->spike.back_kib = course_sample_memory(&c);
	course_close(&c);
}
