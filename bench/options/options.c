/* SPDX-License-Identifier: MIT */
/* Options: presets and defaults, and what must hold between flags. */
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "measure/drift.h"
#include "base/placement.h"

#define NS_PER_MS ((uint64_t)1000 * 1000)

#define TIME_DEFAULT_NS (200 * NS_PER_MS)
#define TIME_SPIKE_NS (1000 * NS_PER_MS)
#define WARMUP_DEFAULT_NS (100 * NS_PER_MS)
#define TIME_SMOKE_NS (20 * NS_PER_MS)
#define WARMUP_SMOKE_NS (5 * NS_PER_MS)
#define TIDE_OPS_DEFAULT 5000
/* A simulation's operations, the measured ones. */
#define SIM_OPS 4000000u
#define SIM_SMOKE_OPS 200000u
/* Fibers that are started. */
#define FIBERS 100000u
#define FIBERS_SMOKE 2000u
/*
 * A leaking subject's trial: so many operations, enough for a slope within a
 * few percent, or about so many bytes' worth of objects if that is less.
 */
#define LEAK_OPS 16e6
#define LEAK_BYTES ((double)(64 << 20))
#define LEAK_SMOKE_SHARE .02
/* The most that may be in flight at once, in bytes of objects. */
#define IN_FLIGHT_BYTES_MAX ((uint64_t)1 << 30)

/* A trial that leaks has to end by itself, the sooner the more it leaks. */
static uint64_t
leak_ops(const struct parse *parse)
{
	const struct workload *w = &parse->options->workload;
	double borrows[WORKLOAD_WORKERS_MAX];
	double bytes_per_op, ops = LEAK_OPS;

	for (unsigned i = 0; i < w->workers; i++)
		borrows[i] = workload_borrows(w, i);
	bytes_per_op = drift_tv_predicted(w, borrows) * (double)w->object_bytes;
	if (ops * bytes_per_op > LEAK_BYTES)
		ops = LEAK_BYTES / bytes_per_op;
	if (parse->smoke)
		ops *= LEAK_SMOKE_SHARE;
	/* 0 would say that the trial takes a time. */
	return ops > 1 ? (uint64_t)ops : 1;
}

/* What tables the start needs is part of the picture. */
static void
fibers_complete(struct parse *parse)
{
	struct options *o = parse->options;

	if (!parse->warmup)
		o->warmup_ns = 0;
	if (!parse->time && !parse->ops && !o->endless)
		o->ops = parse->smoke ? FIBERS_SMOKE : FIBERS;
}

static void
spike_complete(struct parse *parse)
{
	struct options *o = parse->options;

	if (!arguments_given(parse, "--hold"))
		o->workload.hold = workload_spike_hold(&o->workload);
	if (!parse->time)
		o->time_ns = TIME_SPIKE_NS;
}

/*
 * A simulation has no threads, hence no CPUs and no length but operations; and
 * nothing to learn from touching, since objects travel nowhere.
 */
static void
sim_complete(struct parse *parse, bool leaks)
{
	struct options *o = parse->options;

	o->trace_workers_max =
		parse->workers ? o->workload.workers : WORKLOAD_WORKERS_MAX;
	if (o->trace != NULL) {
		o->workload.case_name = "trace";
		if (!parse->workers)
			o->workload.workers = 1;
	}
	o->pin = OPTIONS_PIN_NONE;
	o->warmup_ns = 0;
	if (!arguments_given(parse, "--touch"))
		o->workload.touch = false;
	if (parse->ops || o->trace != NULL)
		return;
	o->ops = parse->smoke ? SIM_SMOKE_OPS : SIM_OPS;
	if (leaks && workload_crosses(&o->workload) && leak_ops(parse) < o->ops)
		o->ops = leak_ops(parse);
}

static void
options_complete(struct parse *parse, bool leaks)
{
	struct options *o = parse->options;
	const struct workload_case *c = parse->workload_case;
	unsigned cpus = (unsigned)CPU_COUNT(&o->cpus);

	if (!parse->workers) {
		o->workload.workers =
			cpus > c->workers_min ? cpus : c->workers_min;
		if (o->workload.migrate > 0 && o->workload.workers < 2)
			o->workload.workers = 2;
	}
	if (o->sim) {
		sim_complete(parse, leaks);
		return;
	}
	if (o->workload.spike > 0)
		spike_complete(parse);
	if (o->workload.live > 0)
		fibers_complete(parse);
	if (!parse->time && parse->smoke)
		o->time_ns = TIME_SMOKE_NS;
	if (!parse->warmup && parse->smoke && o->workload.live == 0)
		o->warmup_ns = WARMUP_SMOKE_NS;
	if (!parse->time && !parse->ops && !o->endless && leaks &&
	    workload_crosses(&o->workload))
		o->ops = leak_ops(parse);
}

__attribute__((format(printf, 2, 3))) static int
refuse(char error[OPTIONS_ERROR_BYTES], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, OPTIONS_ERROR_BYTES, format, arguments);
	va_end(arguments);
	return -1;
}

/* Do the parts of the workload go together? */
static int
workload_check(const struct workload *w, const struct workload_case *c,
	       bool sim, char error[OPTIONS_ERROR_BYTES])
{
	size_t in_flight =
		sim ? workload_sim_ceiling(w) : workload_in_use_ceiling(w);
	unsigned workers_max =
		sim ? WORKLOAD_WORKERS_MAX : WORKLOAD_THREADS_MAX;

	if (w->workers < c->workers_min || w->workers > workers_max)
		return refuse(error,
			      "--workers %u is not allowed with --case %s; "
			      "allowed: %u to %u",
			      w->workers, c->name, c->workers_min, workers_max);
	if (w->migrate > 0 && w->destination == DESTINATION_LOCAL)
		return refuse(error,
			      "--migrate %g is not allowed with --dest local; "
			      "allowed: --migrate 0, or another --dest",
			      w->migrate);
	if (w->migrate > 0 && w->workers < 2)
		return refuse(error,
			      "--workers 1 is not allowed with --migrate %g; "
			      "allowed: 2 to %u, or --migrate 0",
			      w->migrate, workers_max);
	if (w->ring > 0 && w->ring < w->burst)
		return refuse(error,
			      "--ring %u is not allowed with --burst %u; "
			      "allowed: a ring that holds a burst",
			      w->ring, w->burst);
	if (in_flight > IN_FLIGHT_BYTES_MAX / w->object_bytes)
		return refuse(error,
			      "%zu objects in flight are not allowed at "
			      "--object-size %zuB; allowed: 1GiB in all",
			      in_flight, w->object_bytes);
	return 0;
}

/* Is one of the flags given, which end with NULL?  0, or -1. */
static int
flags_refuse(const struct parse *parse, const char *const *names,
	     const char *where, const char *allowed,
	     char error[OPTIONS_ERROR_BYTES])
{
	for (; *names != NULL; names++)
		if (arguments_given(parse, *names))
			return refuse(error,
				      "%s is not allowed %s; allowed: %s",
				      *names, where, allowed);
	return 0;
}

/* What only threads, or only simulations understand. */
static int
sim_check(const struct parse *parse, char error[OPTIONS_ERROR_BYTES])
{
	static const char *const threads[] = {
		"--ring",    "--think",   "--time",    "--warmup", "--pin",
		"--latency", "--endless", "--metrics", "--spike",  NULL
	};
	static const char *const simulations[] = { "--trace", "--record",
						   NULL };
	static const char *const decisions[] = {
		"--case",     "--migrate", "--dest", "--burst", "--hold",
		"--lifetime", "--ops",     "--seed", "--smoke", NULL
	};
	const struct options *o = parse->options;

	if (!o->sim)
		return flags_refuse(parse, simulations, "without --sim",
				    "with it", error);
	if (flags_refuse(parse, threads, "with --sim",
			 "--ops for its length; what concerns threads and "
			 "times without --sim",
			 error) != 0)
		return -1;
	if (o->trace != NULL && flags_refuse(parse, decisions, "with --trace",
					     "what the trace does", error) != 0)
		return -1;
	if (o->record != NULL && o->rounds > 1)
		return refuse(error,
			      "--rounds %u is not allowed with --record; "
			      "allowed: 1",
			      o->rounds);
	if (o->record != NULL && o->workload.lifetime_ops > 0)
		return refuse(error,
			      "workers that end after %u operations are not "
			      "allowed with --record; allowed: --lifetime 0",
			      o->workload.lifetime_ops);
	return 0;
}

/* What only fibers, or only objects understand. */
static int
fibers_check(const struct parse *parse, char error[OPTIONS_ERROR_BYTES])
{
	static const char *const fibers[] = { "--fibers", "--live", "--sleep",
					      NULL };
	static const char *const objects[] = {
		"--migrate", "--dest",  "--burst",    "--hold", "--ring",
		"--think",   "--touch", "--lifetime", "--sim",  "--latency",
		"--spike",   "--trim",  NULL
	};

	if (parse->workload_case->preset.live == 0)
		return flags_refuse(parse, fibers, "without --case fibers",
				    "with it", error);
	return flags_refuse(parse, objects, "with --case fibers",
			    "--fibers, --live and --sleep", error);
}

/* What only a spike understands, and what it needs. */
static int
spike_check(const struct parse *parse, char error[OPTIONS_ERROR_BYTES])
{
	static const char *const spikes[] = { "--kept", "--give-back", NULL };
	const struct options *o = parse->options;

	if (o->workload.spike == 0)
		return flags_refuse(parse, spikes, "without a spike",
				    "with --case spike or --spike", error);
	if (o->sim)
		return refuse(error,
			      "--case %s is not allowed with --sim, "
			      "whose objects take no memory; allowed: "
			      "without --sim",
			      o->workload.case_name);
	if (o->workload.lifetime_ops > 0)
		return refuse(error,
			      "workers that end after %u operations are not "
			      "allowed with a spike; allowed: --lifetime 0",
			      o->workload.lifetime_ops);
	if (o->warmup_ns == 0)
		return refuse(error,
			      "--warmup 0 is not allowed with a spike, which "
			      "is measured from the working set; allowed: "
			      "longer");
	return 0;
}

/* What must hold between the flags; 0 or -1. */
static int
options_check(const struct parse *parse, char error[OPTIONS_ERROR_BYTES])
{
	const struct options *o = parse->options;

	if (sim_check(parse, error) != 0 || fibers_check(parse, error) != 0 ||
	    spike_check(parse, error) != 0)
		return -1;
	if (parse->time + parse->ops + o->endless > 1)
		return refuse(error,
			      "--time, --ops and --endless are not allowed "
			      "together; allowed: one of them");
	if (o->endless && o->rounds > 1)
		return refuse(error,
			      "--rounds %u is not allowed with --endless; "
			      "allowed: 1",
			      o->rounds);
	return workload_check(&o->workload, parse->workload_case, o->sim,
			      error);
}

int
options_parse(struct options *options, int argc, char **argv, bool leaks,
	      char error[OPTIONS_ERROR_BYTES])
{
	const struct workload_case *c;
	struct parse parse = { .options = options };

	memset(options, 0, sizeof(*options));
	if (arguments_read(&parse, argc, argv, "--case", error) != 0)
		return -1;
	if (parse.workload_case == NULL)
		parse.workload_case = workload_case_find("hot");
	c = parse.workload_case;
	options->workload = c->preset;
	options->workload.case_name = c->name;
	options->workload.object_bytes = 64;
	options->workload.magazine = 64;
	options->workload.touch = true;
	options->workload.seed = 1;
	options->workload.tide_ops = TIDE_OPS_DEFAULT;
	options->time_ns = TIME_DEFAULT_NS;
	options->warmup_ns = WARMUP_DEFAULT_NS;
	options->rounds = 1;
	options->give_back = NAN;
	options->pin = OPTIONS_PIN_AUTO;
	if (!placement_allowed(&options->cpus)) {
		snprintf(error, OPTIONS_ERROR_BYTES,
			 "the CPUs to run on cannot be read: %s; allowed: up "
			 "to %d",
			 strerror(errno), CPU_SETSIZE);
		return -1;
	}
	if (arguments_read(&parse, argc, argv, NULL, error) != 0)
		return -1;
	options_complete(&parse, leaks);
	return options_check(&parse, error);
}

void
options_pin_name(const struct options *o, char *text, size_t bytes)
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

void
options_print_help(FILE *out, const char *program)
{
	fprintf(out, "usage: %s [flags]\n\n", program);
	arguments_print(out);
	fputs("\nA case presets the flags from --migrate to --lifetime; "
	      "spike presets --time to 1s,\ntoo.  fibers takes none of those "
	      "flags, and presets --warmup to 0s.\n"
	      "Exit status: 0; 1 an invariant failed, or the report could "
	      "not be written; 2 bad usage.\n",
	      out);
}

void
options_print_cases(FILE *out)
{
	for (const struct workload_case *c = workload_cases(); c->name != NULL;
	     c++)
		fprintf(out, "%-8s %s\n", c->name, c->summary);
}
