/* SPDX-License-Identifier: MIT */
/* Options: presets and defaults, and what must hold between flags. */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drift.h"
#include "flags.h"
#include "placement.h"

#define NS_PER_MS ((uint64_t)1000 * 1000)

#define TIME_DEFAULT_NS (200 * NS_PER_MS)
#define WARMUP_DEFAULT_NS (100 * NS_PER_MS)
#define TIME_SMOKE_NS (20 * NS_PER_MS)
#define WARMUP_SMOKE_NS (5 * NS_PER_MS)
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
	return (uint64_t)(parse->smoke ? ops * LEAK_SMOKE_SHARE : ops);
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
	if (!parse->time && parse->smoke)
		o->time_ns = TIME_SMOKE_NS;
	if (!parse->warmup && parse->smoke)
		o->warmup_ns = WARMUP_SMOKE_NS;
	if (!parse->time && !parse->ops && leaks &&
	    workload_crosses(&o->workload))
		o->ops = leak_ops(parse);
}

/* What must hold between the flags; 0 or -1. */
static int
options_check(const struct parse *parse, char error[OPTIONS_ERROR_BYTES])
{
	const struct workload *w = &parse->options->workload;
	const struct workload_case *c = parse->workload_case;
	size_t in_flight;

	if (w->workers < c->workers_min) {
		snprintf(error, OPTIONS_ERROR_BYTES,
			 "--workers %u is not allowed with --case %s; allowed: "
			 "%u to %u",
			 w->workers, c->name, c->workers_min,
			 WORKLOAD_WORKERS_MAX);
		return -1;
	}
	if (w->migrate > 0 && w->destination == DESTINATION_LOCAL) {
		snprintf(error, OPTIONS_ERROR_BYTES,
			 "--migrate %g is not allowed with --dest local; "
			 "allowed: --migrate 0, or another --dest",
			 w->migrate);
		return -1;
	}
	if (w->migrate > 0 && w->workers < 2) {
		snprintf(error, OPTIONS_ERROR_BYTES,
			 "--workers 1 is not allowed with --migrate %g; "
			 "allowed: 2 to %u, or --migrate 0",
			 w->migrate, WORKLOAD_WORKERS_MAX);
		return -1;
	}
	if (parse->time && parse->ops) {
		snprintf(error, OPTIONS_ERROR_BYTES,
			 "--time and --ops are not allowed together; "
			 "allowed: either");
		return -1;
	}
	in_flight = workload_in_use_ceiling(w);
	if (in_flight > IN_FLIGHT_BYTES_MAX / w->object_bytes) {
		snprintf(
			error, OPTIONS_ERROR_BYTES,
			"%zu objects in flight are not allowed at --object-size"
			" %zuB; allowed: 1GiB in all",
			in_flight, w->object_bytes);
		return -1;
	}
	return 0;
}

int
options_parse(struct options *options, int argc, char **argv, bool leaks,
	      char error[OPTIONS_ERROR_BYTES])
{
	const struct workload_case *c;
	struct parse parse = { .options = options };

	memset(options, 0, sizeof(*options));
	if (flags_read(&parse, argc, argv, "--case", error) != 0)
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
	options->time_ns = TIME_DEFAULT_NS;
	options->warmup_ns = WARMUP_DEFAULT_NS;
	options->rounds = 1;
	options->pin = OPTIONS_PIN_AUTO;
	if (!placement_allowed(&options->cpus)) {
		snprintf(error, OPTIONS_ERROR_BYTES,
			 "the CPUs to run on cannot be read: %s; allowed: up "
			 "to %d",
			 strerror(errno), CPU_SETSIZE);
		return -1;
	}
	if (flags_read(&parse, argc, argv, NULL, error) != 0)
		return -1;
	options_complete(&parse, leaks);
	return options_check(&parse, error);
}

void
options_print_help(FILE *out, const char *program)
{
	fprintf(out, "usage: %s [flags]\n\n", program);
	flags_print(out);
	fputs("\nA case presets the flags from --migrate to --hold.\n"
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
