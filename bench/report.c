/* SPDX-License-Identifier: MIT */
/* What is written of a trial, and how. */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "json.h"

#define REPORT_SCHEMA 1

/* "0,2-3" for a set of CPUs, or "none". */
static void
pin_print(const struct options *o, char *text, size_t bytes)
{
	size_t n = 0;

	snprintf(text, bytes, "none");
	for (int cpu = 0; o->pin != OPTIONS_PIN_NONE && cpu < CPU_SETSIZE;
	     cpu++) {
		int last = cpu;

		if (!CPU_ISSET(cpu, &o->cpus))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &o->cpus))
			last++;
		/* A set too scattered for the text is cut short. */
		if (n < bytes)
			n += (size_t)snprintf(text + n, bytes - n,
					      last > cpu ? "%s%d-%d" : "%s%d",
					      n > 0 ? "," : "", cpu, last);
		cpu = last;
	}
}

static void
destination_print(const struct workload *w, char *text, size_t bytes)
{
	const char *name = workload_destination_name(w->destination);

	if (w->destination == DESTINATION_ZIPF)
		snprintf(text, bytes, "%s:%g", name, w->theta);
	else
		snprintf(text, bytes, "%s", name);
}

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

static void
json_params(struct json *j, const struct options *o, uint64_t seed)
{
	const struct workload *w = &o->workload;
	char destination[32], pin[256];

	destination_print(w, destination, sizeof(destination));
	pin_print(o, pin, sizeof(pin));
	json_open_object(j, "params");
	json_count(j, "workers", w->workers);
	json_real(j, "migrate", w->migrate);
	json_string(j, "dest", destination);
	json_count(j, "burst", w->burst);
	json_count(j, "hold", w->hold);
	json_count(j, "think_ns", w->think_ns);
	json_count(j, "object_size", w->object_bytes);
	json_count(j, "magazine", w->magazine);
	json_bool(j, "touch", w->touch);
	json_count(j, "lifetime_ops", w->lifetime_ops);
	json_count(j, "ring_capacity", workload_ring_capacity(w));
	if (o->ops > 0) {
		json_count(j, "ops", o->ops);
		json_null(j, "time_ns");
	} else {
		json_null(j, "ops");
		json_count(j, "time_ns", o->time_ns);
	}
	json_count(j, "warmup_ns", o->warmup_ns);
	json_count(j, "seed", seed);
	json_string(j, "pin", pin);
	json_close_object(j);
}

/* A number that is known, or null. */
static void
json_known(struct json *j, const char *key, bool known, uint64_t value)
{
	if (known)
		json_count(j, key, value);
	else
		json_null(j, key);
}

static void
json_pool(struct json *j, const struct trial *t)
{
	const struct subject_stats *s = &t->stats;

	json_open_object(j, "pool");
	json_known(j, "constructed", s->counted, s->constructed);
	json_known(j, "destructed", s->counted, s->destructed);
	json_known(j, "footprint_peak", s->counted, t->footprint_peak);
	json_count(j, "peak_in_use", t->in_use_ceiling);
	json_string(j, "peak_in_use_is", "ceiling");
	json_count(j, "peak_in_use_seen", t->in_use_seen);
	json_known(j, "in_use", s->counted, s->in_use);
	json_known(j, "cached", s->counted, s->cached);
	json_known(j, "depot", s->counted, s->depot);
	json_known(j, "refills", s->exchanges, s->refills);
	json_known(j, "flushes", s->exchanges, s->flushes);
	json_known(j, "misses", s->exchanges, s->misses);
	json_known(j, "rack_hits", s->exchanges, s->rack_hits);
	json_known(j, "depot_hits", s->exchanges, s->depot_hits);
	json_known(j, "steals", s->exchanges, s->steals);
	json_known(j, "retries", s->exchanges, s->retries);
	json_known(j, "peak_workers", s->exchanges, s->peak_workers);
	json_known(j, "bound", t->bound != SIZE_MAX, t->bound);
	if (t->bound != SIZE_MAX)
		json_bool(j, "bound_ok", t->bound_ok);
	else
		json_null(j, "bound_ok");
	json_close_object(j);
}

static void
json_workers(struct json *j, const struct trial *t)
{
	unsigned n = t->workload.workers;

	json_open_array(j, "worker_ops");
	for (unsigned i = 0; i < n; i++)
		json_count(j, NULL, t->workers[i].borrows);
	json_close_array(j);
	json_open_array(j, "worker_returns");
	for (unsigned i = 0; i < n; i++)
		json_count(j, NULL, t->workers[i].returns);
	json_close_array(j);
	json_open_array(j, "worker_cpus");
	for (unsigned i = 0; i < n; i++)
		json_known(j, NULL, t->workers[i].cpu >= 0,
			   (uint64_t)t->workers[i].cpu);
	json_close_array(j);
	json_real(j, "jain", t->jain);
	json_real(j, "min_max", t->min_max);
	json_count(j, "ring_full", t->full);
}

static void
json_drift_and_memory(struct json *j, const struct trial *t)
{
	json_open_object(j, "drift");
	json_real(j, "p_obs", t->p_obs);
	json_real(j, "tv_pred", t->drift.tv_pred);
	json_real(j, "tv_obs", t->drift.tv_obs);
	json_real(j, "slope_obj_per_s", t->drift.slope_obj_per_s);
	json_real(j, "slope_obj_per_op", t->drift.slope_obj_per_op);
	json_close_object(j);
	json_open_object(j, "mem");
	json_count(j, "rss_anon_kib_before", t->rss_before_kib);
	json_count(j, "rss_anon_kib_peak", t->rss_peak_kib);
	json_count(j, "rss_anon_kib_end", t->rss_end_kib);
	json_count(j, "rss_anon_kib_quiesced", t->rss_quiesced_kib);
	json_count(j, "vm_hwm_kib", t->vm_hwm_kib);
	json_bool(j, "capped", t->capped);
	json_close_object(j);
	json_open_object(j, "noise");
	json_real(j, "psi", t->pressure);
	json_count(j, "nivcsw", t->switches);
	json_real(j, "steal", t->steal);
	json_bool(j, "flag", t->noisy);
	json_close_object(j);
}

/* A text, or null where the machine did not say. */
static void
json_text(struct json *j, const char *key, const char *text)
{
	json_string(j, key, text[0] != '\0' ? text : NULL);
}

static void
json_env(struct json *j, const struct options *o, const struct machine *m)
{
	json_open_object(j, "env");
	json_text(j, "cpu", m->cpu);
	json_count(j, "ncpu", (uint64_t)CPU_COUNT(&o->cpus));
	json_text(j, "kernel", m->kernel);
	json_text(j, "libc", m->libc);
	json_text(j, "compiler", m->compiler);
	json_text(j, "flags", m->flags);
	json_text(j, "thp", m->thp);
	json_text(j, "governor", m->governor);
	json_text(j, "malloc", m->malloc_library);
	json_close_object(j);
}

static void
json_failures(struct json *j, const struct trial *t)
{
	json_open_array(j, "failures");
	for (unsigned i = 0; i < t->failures; i++)
		json_string(j, NULL, t->failure[i]);
	json_close_array(j);
}

static void
trial_json(FILE *out, const char *program, const struct options *o,
	   const struct machine *m, const struct trial *t)
{
	struct json j;
	struct tm utc;
	char text[32] = "";

	if (gmtime_r(&t->time, &utc) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	json_begin(&j, out);
	json_count(&j, "schema", REPORT_SCHEMA);
	json_string(&j, "program", program);
	json_text(&j, "time", text);
	json_string(&j, "backend", t->subject);
	json_string(&j, "case", t->workload.case_name);
	json_count(&j, "round", t->round);
	json_params(&j, o, t->workload.seed);
	json_count(&j, "ops", t->ops);
	json_real(&j, "wall_s", (double)t->wall_ns * 1e-9);
	json_real(&j, "pairs_per_s", (double)t->ops * 1e9 / (double)t->wall_ns);
	json_real(&j, "ns_per_pair", (double)t->wall_ns / (double)t->ops);
	json_real(&j, "cpu_ns_per_pair", (double)t->cpu_ns / (double)t->ops);
	json_real(&j, "overlap", t->overlap);
	json_workers(&j, t);
	json_pool(&j, t);
	json_drift_and_memory(&j, t);
	json_env(&j, o, m);
	json_failures(&j, t);
	json_end(&j);
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
			"%7s %7s %10s\n",
			"backend", "case", "w", "Mpairs/s", "ns/pair", "cpu ns",
			"overlap", "constructed", "in use", "bound", "p", "TV",
			"new/op", "RSS KiB");
	fprintf(out, "%-8s %-8s %3u %9.2f %8.2f %7.2f %6.2f%c", t->subject,
		t->workload.case_name, t->workload.workers,
		(double)t->ops * 1e3 / (double)t->wall_ns,
		(double)t->wall_ns / (double)t->ops,
		(double)t->cpu_ns / (double)t->ops, t->overlap,
		t->noisy ? '~' : ' ');
	cell(out, 11, s->counted, s->constructed);
	cell(out, 8, true, t->in_use_ceiling);
	cell(out, 8, t->bound != SIZE_MAX, t->bound);
	cell_real(out, 7, t->p_obs);
	cell_real(out, 7, t->drift.tv_obs);
	cell_real(out, 7, t->drift.slope_obj_per_op);
	fprintf(out, " %10" PRIu64 "%s\n", t->rss_peak_kib,
		t->capped ? " capped" : "");
}

void
report_trial(FILE *out, const char *program, const struct options *o,
	     const struct machine *m, const struct trial *t)
{
	if (o->jsonl)
		trial_json(out, program, o, m, t);
	else
		trial_table(out, t);
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
		json_params(&j, o, w->seed);
		json_end(&j);
		return;
	}
	destination_print(w, destination, sizeof(destination));
	pin_print(o, pin, sizeof(pin));
	fprintf(out,
		"%s --case %s --workers %u --migrate %g --dest %s "
		"--burst %u --hold %u --object-size %zuB --magazine %u "
		"--touch %s",
		program, w->case_name, w->workers, w->migrate, destination,
		w->burst, w->hold, w->object_bytes, w->magazine,
		w->touch ? "yes" : "no");
	duration_print(out, "--think", w->think_ns);
	if (o->ops > 0)
		fprintf(out, " --ops %" PRIu64, o->ops);
	else
		duration_print(out, "--time", o->time_ns);
	duration_print(out, "--warmup", o->warmup_ns);
	fprintf(out, " --rounds %u --seed %" PRIu64 " --pin %s\n", o->rounds,
		w->seed, pin);
}
