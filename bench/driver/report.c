/* SPDX-License-Identifier: MIT */
/* What is written of a trial, and how. */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/placement.h"
#include "record.h"

/* In the largest unit that has a whole number of it. */
static void
duration_print(FILE *out, const char *flag, uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	unsigned unit = 0;

	while (unit < 3 && ns > 0 && ns % 1000 == 0) {
		ns /= 1000;
		unit++;
	}
	fprintf(out, " %s %" PRIu64 "%s", flag, ns, units[unit]);
}

/* A number, right-aligned, or a dash. */
static void
cell(FILE *out, int width, bool known, uint64_t value)
{
	if (known)
		fprintf(out, " %*" PRIu64, width, value);
	else
		fprintf(out, " %*s", width, "-");
}

static void
cell_real(FILE *out, int width, double value)
{
	if (isfinite(value))
		fprintf(out, " %*.4f", width, value);
	else
		fprintf(out, " %*s", width, "-");
}

static void
trial_table(FILE *out, const struct trial *t)
{
	const struct subject_stats *s = &t->stats;

	if (t->round == 1)
		fprintf(out,
			"%-8s %-8s %3s %9s %8s %7s %7s %11s %8s %8s %7s "
			"%7s %7s %10s %s\n",
			"backend", "case", "w", "Mpairs/s", "ns/pair", "cpu ns",
			"overlap", "constructed", "in use", "bound", "p", "TV",
			"new/op", "RSS KiB", "seed");
	fprintf(out, "%-8s %-8s %3u %9.2f %8.2f %7.2f", t->subject,
		t->workload.case_name, t->workload.workers,
		(double)t->ops * 1e3 / (double)t->wall_ns,
		(double)t->wall_ns / (double)t->ops,
		(double)t->cpu_ns / (double)t->ops);
	if (isfinite(t->overlap))
		fprintf(out, " %6.2f%c", t->overlap, t->disturbed ? '~' : ' ');
	else
		fprintf(out, " %6s ", "-");
	cell(out, 11, s->counted, s->constructed);
	cell(out, 8, true, t->in_use_ceiling);
	cell(out, 8, t->bound != SIZE_MAX, t->bound);
	cell_real(out, 7, t->p_obs);
	cell_real(out, 7, t->drift.tv_obs);
	cell_real(out, 7, t->drift.slope_obj_per_op);
	fprintf(out, " %10" PRIu64 " %" PRIu64 "%s\n", t->rss_peak_kib,
		t->workload.seed, t->capped ? " capped" : "");
}

void
report_trial(FILE *out, const char *program, const struct options *o,
	     const struct machine *m, const struct trial *t)
{
	if (o->jsonl)
		record_write(out, program, o, m, t);
	else
		trial_table(out, t);
}

static void
spike_print(FILE *out, const struct options *o)
{
	const struct workload *w = &o->workload;

	if (w->trim > 0)
		fprintf(out, " --trim %" PRIu64, w->trim);
	if (w->spike == 0)
		return;
	fprintf(out, " --spike %u --kept %g", w->spike, w->kept);
	if (!isnan(o->give_back))
		fprintf(out, " --give-back %g", o->give_back);
}

/* How long a trial is. */
static void
length_print(FILE *out, const struct options *o)
{
	if (o->endless)
		fputs(" --endless", out);
	else if (o->ops > 0)
		fprintf(out, " --ops %" PRIu64, o->ops);
	else
		duration_print(out, "--time", o->time_ns);
}

/* A command line of a simulation. */
static void
sim_print(FILE *out, const char *program, const struct options *o)
{
	const struct workload *w = &o->workload;
	char destination[32];

	fprintf(out, "%s --sim", program);
	if (o->trace != NULL) {
		fprintf(out, " --trace %s", o->trace);
		if (w->workers > 1)
			fprintf(out, " --workers %u", w->workers);
	} else {
		workload_destination_print(w, destination, sizeof(destination));
		fprintf(out,
			" --case %s --workers %u --migrate %g --dest %s "
			"--burst %u --hold %u --lifetime %u --ops %" PRIu64
			" --seed %" PRIu64,
			w->case_name, w->workers, w->migrate, destination,
			w->burst, w->hold, w->lifetime_ops, o->ops, w->seed);
	}
	spike_print(out, o);
	if (o->record != NULL)
		fprintf(out, " --record %s", o->record);
	fprintf(out,
		" --object-size %zuB --magazine %u --touch %s --rounds %u\n",
		w->object_bytes, w->magazine, w->touch ? "yes" : "no",
		o->rounds);
}

/* A command line of fibers. */
static void
fibers_print(FILE *out, const char *program, const struct options *o)
{
	const struct workload *w = &o->workload;
	char pin[256];

	options_pin_name(o, pin, sizeof(pin));
	fprintf(out,
		"%s --case %s --workers %u --live %u%s --object-size %zuB "
		"--magazine %u",
		program, w->case_name, w->workers, w->live,
		w->sleeps ? " --sleep" : "", w->object_bytes, w->magazine);
	length_print(out, o);
	duration_print(out, "--warmup", o->warmup_ns);
	fprintf(out, " --rounds %u --seed %" PRIu64 " --pin %s\n", o->rounds,
		w->seed, pin);
}

void
report_options(FILE *out, const char *program, const char *subject,
	       const struct options *o)
{
	const struct workload *w = &o->workload;
	char destination[32], pin[256];
	struct json j;

	if (o->jsonl) {
		json_begin(&j, out);
		json_string(&j, "program", program);
		json_string(&j, "backend", subject);
		json_string(&j, "case", w->case_name);
		json_count(&j, "rounds", o->rounds);
		record_params(&j, o, w);
		json_end(&j);
		return;
	}
	if (o->sim) {
		sim_print(out, program, o);
		return;
	}
	if (w->live > 0) {
		fibers_print(out, program, o);
		return;
	}
	workload_destination_print(w, destination, sizeof(destination));
	options_pin_name(o, pin, sizeof(pin));
	fprintf(out,
		"%s --case %s --workers %u --migrate %g --dest %s "
		"--burst %u --hold %u --object-size %zuB --magazine %u "
		"--touch %s --ring %u --lifetime %u",
		program, w->case_name, w->workers, w->migrate, destination,
		w->burst, w->hold, w->object_bytes, w->magazine,
		w->touch ? "yes" : "no", workload_ring_capacity(w),
		w->lifetime_ops);
	spike_print(out, o);
	duration_print(out, "--think", w->think_ns);
	length_print(out, o);
	duration_print(out, "--warmup", o->warmup_ns);
	if (o->latency)
		fputs(" --latency", out);
	fprintf(out, " --rounds %u --seed %" PRIu64 " --pin %s\n", o->rounds,
		w->seed, pin);
}
