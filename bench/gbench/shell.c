/* SPDX-License-Identifier: MIT */
/*
 * gbench: the cases with some numbers of workers as benchmarks of Google
 * Benchmark, for its flags and its reports.  What measures is a trial of our
 * own team: an iteration is one, and its time is that of a pair.  One program
 * per subject; see subject.h.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "gbench.h"
#include "options/options.h"
#include "base/placement.h"
#include "trial/trial.h"
#include "load/workload.h"

#include SUBJECT

/*
 * One worker, and so many for each CPU; but no more than a trial may have, and
 * no more than CPUs if workers stall while another one has none.
 */
#ifdef SUBJECT_STALLS
static const unsigned workers_per_cpu[] = { 0, 1 };
#else
static const unsigned workers_per_cpu[] = { 0, 1, 2, 8 };
#endif
#define COUNTS (sizeof(workers_per_cpu) / sizeof(workers_per_cpu[0]))

/* A case with some number of workers.  Owner: the main thread. */
struct benchmark {
	struct options options;
	unsigned rounds; /* run so far */
};

static void
benchmark_run(struct gbench *g, void *argument)
{
	static struct trial trial;
	struct benchmark *b = argument;
	const struct workload *w = &b->options.workload;

	trial_run(&b->options, ++b->rounds, &trial);
	for (unsigned i = 0; i < trial.failures; i++) {
		fprintf(stderr, "%s: %s, %u workers, round %u: %s\n",
			program_invocation_short_name, w->case_name, w->workers,
			b->rounds, trial.failure[i]);
		gbench_fail(g, trial.failure[i]);
	}
	gbench_pair_ns(g, (double)trial.wall_ns / (double)trial.ops);
	gbench_counter(g, "cpu_ns", (double)trial.cpu_ns / (double)trial.ops);
	gbench_counter(g, "overlap", trial.overlap);
	gbench_counter(g, "constructed", (double)trial.stats.constructed);
}

/* As a driftbench program does it by default; false, once that is said: no. */
static bool
benchmark_open(struct benchmark *b, const char *case_name, unsigned workers)
{
	char case_flag[32], workers_flag[32], name[64];
	char error[OPTIONS_ERROR_BYTES];
	char *words[] = { program_invocation_short_name, case_flag,
			  workers_flag, NULL };

	snprintf(case_flag, sizeof(case_flag), "--case=%s", case_name);
	snprintf(workers_flag, sizeof(workers_flag), "--workers=%u", workers);
	if (options_parse(&b->options, 3, words, subject_leaks(), error) != 0) {
		fprintf(stderr, "%s: %s\n", words[0], error);
		return false;
	}
	snprintf(name, sizeof(name), "%s/workers:%u", case_name, workers);
	gbench_register(name, benchmark_run, b);
	return true;
}

/* Registers a case with each number of workers that it makes sense with. */
static bool
case_open(struct benchmark *benchmarks, const struct workload_case *c)
{
	bool crosses = c->preset.migrate > 0;
	unsigned least = crosses && c->workers_min < 2 ? 2 : c->workers_min;
	cpu_set_t cpus;

	if (!placement_allowed(&cpus)) {
		perror(program_invocation_short_name);
		return false;
	}
	for (unsigned i = 0, last = 0; i < COUNTS; i++) {
		unsigned n = workers_per_cpu[i] * (unsigned)CPU_COUNT(&cpus);

		n = n < least ? least : n;
		n = n < WORKLOAD_THREADS_MAX ? n : WORKLOAD_THREADS_MAX;
#ifdef SUBJECT_STALLS
		/* A case may want more by itself. */
		if (n > (unsigned)CPU_COUNT(&cpus))
			continue;
#endif
		if (n != last && !benchmark_open(&benchmarks[i], c->name, n))
			return false;
		last = n;
	}
	return true;
}

int
main(int argc, char **argv)
{
	const struct workload_case *cases = workload_cases();
	struct benchmark *benchmarks;
	size_t n = 0;
	bool open;
	int status;

	while (cases[n].name != NULL)
		n++;
	benchmarks = calloc(n * COUNTS, sizeof(*benchmarks));
	open = benchmarks != NULL;
	if (!open)
		perror(program_invocation_short_name);
	/* Fibers sleep, a spike is of memory: no time of their own to show. */
	for (size_t i = 0; i < n && open; i++)
		open = cases[i].preset.live > 0 || cases[i].preset.spike > 0 ||
		       case_open(&benchmarks[i * COUNTS], &cases[i]);
	gbench_context("row", subject_name());
	status = open ? gbench_main(argc, argv) : 1;
	free(benchmarks);
	return status;
}
