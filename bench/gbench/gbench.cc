/* SPDX-License-Identifier: MIT */
/* Google Benchmark behind gbench.h: the only C++ of the benchmarks. */
#include "gbench.h"

#include <errno.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <benchmark/benchmark.h>

#define NS_PER_SECOND 1e9

/* Of one call of iteration_run(), on its stack. */
struct gbench {
	benchmark::State &state;
};

namespace
{

/* The main thread's, as all is here. */
bool asked_for_help;
bool failed;

void
iteration_run(benchmark::State &state, void (*run)(struct gbench *, void *),
	      void *argument)
{
	struct gbench g = { state };

	for (auto _ : state)
		run(&g, argument);
}

/* The library calls this for --help, and where it knows no such format. */
void
help()
{
	if (!asked_for_help) {
		fprintf(stderr,
			"%s: no such format of a report; allowed: console, "
			"json\n",
			program_invocation_short_name);
		exit(2);
	}
	benchmark::PrintDefaultHelp();
}

} // namespace

void
gbench_register(const char *name, void (*run)(struct gbench *, void *),
		void *argument)
{
	benchmark::RegisterBenchmark(name, iteration_run, run, argument)
		->Iterations(1)
		->UseManualTime();
}

void
gbench_pair_ns(struct gbench *g, double ns)
{
	g->state.SetIterationTime(ns / NS_PER_SECOND);
	/* One pair in that time: the rate is that of all pairs. */
	g->state.SetItemsProcessed(1);
}

void
gbench_counter(struct gbench *g, const char *key, double value)
{
	/* Of zeros the library would print a variation that is no JSON. */
	if (std::isfinite(value) && value != 0)
		g->state.counters[key] = value;
}

void
gbench_fail(struct gbench *g, const char *why)
{
	failed = true;
	g->state.SkipWithError(why);
}

void
gbench_context(const char *key, const char *value)
{
	benchmark::AddCustomContext(key, value);
}

int
gbench_main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		asked_for_help |= strcmp(argv[i], "--help") == 0;
	benchmark::Initialize(&argc, argv, help);
	if (argc > 1) {
		fprintf(stderr,
			"%s: %.64s is no flag, or has no value of its kind; "
			"allowed: what --help prints\n",
			program_invocation_short_name, argv[1]);
		return 2;
	}
	/* The library says that nothing matches, but not what would. */
	if (benchmark::RunSpecifiedBenchmarks() == 0) {
		fprintf(stderr,
			"%s: nothing is selected; allowed: a "
			"--benchmark_filter "
			"for what --benchmark_list_tests prints\n",
			program_invocation_short_name);
		return 2;
	}
	return failed ? 1 : 0;
}
