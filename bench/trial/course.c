/* SPDX-License-Identifier: MIT */
/* Watching a trial: samples of counts and memory, limits and the clock. */
#include "course.h"

#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "monitor.h"

/* Between two samples; a subject that leaks is watched more closely. */
#define SAMPLE_NS ((uint64_t)5 * 1000 * 1000)
#define SAMPLE_CLOSE_NS ((uint64_t)1000 * 1000)
/* Memory is read from /proc at most so often. */
#define MEMORY_NS ((uint64_t)10 * 1000 * 1000)
/* A sample is taken again, so often, if more than 1 % of all went by. */
#define SAMPLE_TRIES 4
/*
 * A trial is ended when this process has so much more memory than before, for
 * the subjects that do not count their objects.
 */
#define MEMORY_KIB_MAX ((uint64_t)2 << 20)

/* Set by a signal: the trial without an end shall end. */
static volatile sig_atomic_t interrupted;

static void
interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

void
course_end_by_signal(void)
{
	struct sigaction action = { .sa_handler = interrupt };

	/* The second one ends the process, should the first not do. */
	action.sa_flags = (int)SA_RESETHAND;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static uint64_t
course_borrows(struct course *c)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < c->stations.n; i++)
		sum += station_borrows(&c->stations.each[i]);
	return sum;
}

/* Too much memory is in use: the trial ends here. */
static void
course_cap(struct course *c)
{
	if (!c->trial->capped)
		c->trial->capped_ns = clock_wall_ns();
	c->trial->capped = true;
	team_stop(&c->team);
}

uint64_t
course_sample_memory(struct course *c)
{
	uint64_t kib;

	c->memory_ns = clock_wall_ns();
	kib = trial_sample_memory(c->trial, c->memory_ns, c->recording);
	if (kib > c->trial->rss_before_kib + MEMORY_KIB_MAX)
		course_cap(c);
	return kib;
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

void
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
	/* And of some that stations count only by and by, the borrow is not. */
	if (in_use > t->in_use_ceiling)
		in_use = t->in_use_ceiling;
	if (in_use > t->in_use_seen)
		t->in_use_seen = in_use;
	if (footprint > TRIAL_BYTES_MAX / t->workload.object_bytes)
		course_cap(c);
	if (!c->recording)
		return;
	t->wakes++;
	drift_add(&c->drift, clock_wall_ns(), stats.constructed, c->borrows,
		  c->returns, keep);
	if (keep)
		t->stats = stats;
}

/* A short phase, or one of operations, gets as many samples; endless: 0. */
static uint64_t
sample_period(const struct course *c, uint64_t time_ns)
{
	uint64_t period = time_ns > 0 ? time_ns / 20 : SAMPLE_NS;

	if (c->team.ops > 0 || subject_leaks() || period < SAMPLE_CLOSE_NS)
		return SAMPLE_CLOSE_NS;
	return period < SAMPLE_NS ? period : SAMPLE_NS;
}

void
course_watch(struct course *c, uint64_t time_ns)
{
	uint64_t period = sample_period(c, time_ns);
	uint64_t end = clock_wall_ns() + time_ns;
	uint64_t borrows = course_borrows(c);

	while (!team_stopped(&c->team)) {
		uint64_t now = clock_wall_ns();
		uint64_t sleep = period;

		/* Not before anybody had a CPU. */
		if ((interrupted || (time_ns > 0 && now >= end)) &&
		    course_borrows(c) > borrows) {
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
			course_sample_memory(c);
		monitor_turn(c, false);
	}
}
