/* SPDX-License-Identifier: MIT */
/* Writing the record of a trial. */
#include "record.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define RECORD_SCHEMA 3
#define RECORD_POINTS_MAX 64u

/* A number that is known, or null. */
static void
json_known(struct json *j, const char *key, bool known, uint64_t value)
{
	if (known)
		json_count(j, key, value);
	else
		json_null(j, key);
}

void
record_params(struct json *j, const struct options *o, const struct workload *w)
{
	const bool fibers = w->live > 0;
	const bool decides = o->trace == NULL && !fibers;
	char destination[32], pin[256];

	if (!decides)
		strcpy(destination, fibers ? "stolen" : "trace");
	else
		workload_destination_print(w, destination, sizeof(destination));
	options_pin_name(o, pin, sizeof(pin));
	json_open_object(j, "params");
	json_count(j, "workers", w->workers);
	json_real(j, "migrate", fibers ? NAN : w->migrate);
	json_string(j, "dest", destination);
	json_known(j, "burst", decides, w->burst);
	json_known(j, "hold", decides, w->hold);
	json_count(j, "think_ns", w->think_ns);
	json_count(j, "object_size", w->object_bytes);
	json_count(j, "magazine", w->magazine);
	json_bool(j, "touch", w->touch);
	json_count(j, "lifetime_ops", w->lifetime_ops);
	json_known(j, "ring_capacity", !o->sim && !fibers,
		   workload_ring_capacity(w));
	json_known(j, "ops", o->ops > 0, o->ops);
	json_known(j, "time_ns", o->ops == 0 && !o->sim && !o->endless,
		   o->time_ns);
	json_count(j, "warmup_ns", o->warmup_ns);
	json_count(j, "seed", w->seed);
	json_string(j, "pin", pin);
	json_known(j, "spike", w->spike > 0, w->spike);
	json_real(j, "kept", w->spike > 0 ? w->kept : NAN);
	json_count(j, "trim", w->trim);
	json_known(j, "live", fibers, w->live);
	if (fibers)
		json_bool(j, "sleep", w->sleeps);
	else
		json_null(j, "sleep");
	json_close_object(j);
}

static void
json_pool(struct json *j, const struct options *o, const struct trial *t)
{
	const struct subject_stats *s = &t->stats;

	json_open_object(j, "pool");
	json_known(j, "constructed", s->counted, s->constructed);
	json_known(j, "destructed", s->counted, s->destructed);
	json_known(j, "footprint_peak", s->counted, t->footprint_peak);
	json_count(j, "peak_in_use", t->in_use_ceiling);
	json_string(j, "peak_in_use_is", o->sim ? "exact" : "ceiling");
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
json_quantiles(struct json *j, const struct latency_quantiles *q)
{
	json_count(j, "n", q->n);
	json_real(j, "p50", q->p50);
	json_real(j, "p90", q->p90);
	json_real(j, "p99", q->p99);
	json_real(j, "p999", q->p999);
	json_real(j, "max", q->max);
}

static void
json_latency(struct json *j, const struct options *o, const struct trial *t)
{
	if (!o->latency) {
		json_null(j, "latency");
		return;
	}
	json_open_object(j, "latency");
	json_quantiles(j, &t->sampled);
	json_real(j, "floor", t->latency_floor_ns);
	if (t->exchanges.n > 0) {
		json_open_object(j, "exchange");
		json_quantiles(j, &t->exchanges);
		json_close_object(j);
	} else {
		json_null(j, "exchange");
	}
	json_close_object(j);
}

/* Since the start of the measured phase. */
static double
milliseconds(const struct trial *t, uint64_t time_ns)
{
	return time_ns > t->measured_ns
		       ? (double)(time_ns - t->measured_ns) * 1e-6
		       : 0;
}

static void
json_drift(struct json *j, const struct trial *t)
{
	json_open_object(j, "drift");
	json_real(j, "p_obs", t->p_obs);
	json_real(j, "tv_pred", t->drift.tv_pred);
	json_real(j, "tv_obs", t->drift.tv_obs);
	json_real(j, "slope_obj_per_s", t->drift.slope_obj_per_s);
	json_real(j, "slope_obj_per_op", t->drift.slope_obj_per_op);
	json_open_array(j, "series");
	for (unsigned i = 0; i < t->drift_series.n; i++) {
		const struct drift_point *p = &t->drift_series.points[i];

		json_open_array(j, NULL);
		json_real(j, NULL, milliseconds(t, p->time_ns));
		json_count(j, NULL, p->ops);
		json_count(j, NULL, p->constructed);
		json_close_array(j);
	}
	json_close_array(j);
	json_close_object(j);
}

/* What fibers did, in all phases; their rate is pairs_per_s. */
static void
json_fibers(struct json *j, const struct trial *t)
{
	const struct trial_fibers *f = &t->fibers;

	if (t->workload.live == 0) {
		json_null(j, "fibers");
		return;
	}
	json_open_object(j, "fibers");
	json_count(j, "begun", f->begun);
	json_count(j, "migrated", f->migrated);
	json_count(j, "stolen", f->stolen);
	json_count(j, "values", f->values);
	json_count(j, "destructed", f->destructed);
	json_count(j, "strangers", f->strangers);
	json_close_object(j);
}

static void
json_spike(struct json *j, const struct trial *t)
{
	const struct trial_spike *s = &t->spike;

	if (t->workload.spike == 0) {
		json_null(j, "spike");
		return;
	}
	json_open_object(j, "spike");
	json_count(j, "rss_anon_kib_settled", s->settled_kib);
	json_count(j, "rss_anon_kib_back", s->back_kib);
	json_count(j, "added_kib", s->added_kib);
	json_real(j, "back", s->back);
	json_real(j, "quiesced", s->quiesced);
	json_real(j, "trimmed", s->trimmed);
	json_count(j, "lent", s->lent);
	json_known(j, "objects", t->stats.counted, s->objects);
	json_close_object(j);
}

/*
 * What exchanges should be, of magazines: no fewer than the imbalance needs on
 * both sides, no more than if all that migrates came in bursts.
 */
static void
json_laws(struct json *j, const struct options *o, const struct trial *t)
{
	double per_op = 2 / (double)t->workload.magazine;

	if (!o->sim) {
		json_null(j, "laws");
		return;
	}
	json_open_object(j, "laws");
	json_real(j, "exchanges_per_op", t->exchanges_per_op);
	json_real(j, "smooth", t->drift.tv_obs * per_op);
	json_real(j, "bursty", t->p_obs * per_op);
	json_close_object(j);
}

/* At most so many points of the series, the first and the last one too. */
static void
json_memory_series(struct json *j, const struct trial *t)
{
	const struct memory_series *s = &t->memory;
	unsigned points = s->n < RECORD_POINTS_MAX ? s->n : RECORD_POINTS_MAX;

	json_open_array(j, "series");
	for (unsigned i = 0; i < points; i++) {
		unsigned from =
			points == s->n ? i : i * (s->n - 1) / (points - 1);

		json_open_array(j, NULL);
		json_real(j, NULL, milliseconds(t, s->time_ns[from]));
		json_count(j, NULL, s->kib[from]);
		json_close_array(j);
	}
	json_close_array(j);
}

static void
json_memory(struct json *j, const struct trial *t)
{
	json_open_object(j, "mem");
	json_count(j, "rss_anon_kib_before", t->rss_before_kib);
	json_count(j, "rss_anon_kib_peak", t->rss_peak_kib);
	json_count(j, "rss_anon_kib_end", t->rss_end_kib);
	json_count(j, "rss_anon_kib_quiesced", t->rss_quiesced_kib);
	json_count(j, "rss_anon_kib_trimmed", t->rss_trimmed_kib);
	json_count(j, "vm_hwm_kib", t->vm_hwm_kib);
	json_real(j, "slope_kib_per_s", memory_series_slope(&t->memory));
	json_bool(j, "capped", t->capped);
	if (t->capped)
		json_real(j, "capped_ms", milliseconds(t, t->capped_ns));
	else
		json_null(j, "capped_ms");
	json_memory_series(j, t);
	json_close_object(j);
}

static void
json_noise(struct json *j, const struct options *o, const struct trial *t)
{
	json_open_object(j, "noise");
	json_real(j, "psi", t->pressure);
	json_known(j, "nivcsw", !o->sim, t->switches);
	json_real(j, "steal", t->steal);
	json_bool(j, "flag", t->disturbed);
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

void
record_write(FILE *out, const char *program, const struct options *o,
	     const struct machine *m, const struct trial *t)
{
	struct json j;
	struct tm utc;
	char text[32] = "";

	if (gmtime_r(&t->time, &utc) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	json_begin(&j, out);
	json_count(&j, "schema", RECORD_SCHEMA);
	json_string(&j, "program", program);
	json_text(&j, "time", text);
	json_string(&j, "backend", t->subject);
	json_string(&j, "case", t->workload.case_name);
	json_bool(&j, "sim", o->sim);
	json_count(&j, "round", t->round);
	record_params(&j, o, &t->workload);
	json_count(&j, "ops", t->ops);
	json_real(&j, "wall_s", (double)t->wall_ns * 1e-9);
	json_real(&j, "pairs_per_s", (double)t->ops * 1e9 / (double)t->wall_ns);
	json_real(&j, "ns_per_pair", (double)t->wall_ns / (double)t->ops);
	json_real(&j, "cpu_ns_per_pair", (double)t->cpu_ns / (double)t->ops);
	json_real(&j, "overlap", t->overlap);
	json_workers(&j, t);
	json_pool(&j, o, t);
	json_latency(&j, o, t);
	json_drift(&j, t);
	json_laws(&j, o, t);
	json_fibers(&j, t);
	json_memory(&j, t);
	json_spike(&j, t);
	json_noise(&j, o, t);
	json_env(&j, o, m);
	json_failures(&j, t);
	json_end(&j);
}
