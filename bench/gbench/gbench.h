/* SPDX-License-Identifier: MIT */
/*
 * Benchmarks of Google Benchmark, written in C.  An iteration is one call of a
 * function that measures by itself and reports the time: the library's own
 * threads average what each of them took, and its own clock is not used.
 */
#ifndef GBENCH_H
#define GBENCH_H

#ifdef __cplusplus
extern "C" {
#endif

/* An iteration that runs; valid until its function returns. */
struct gbench;

/*
 * `run` is called once for each repetition, on the main thread; `argument` is
 * its own, and outlives gbench_main().
 */
void gbench_register(const char *name,
		     void (*run)(struct gbench *g, void *argument),
		     void *argument);

/* What a pair took; every iteration says this, or that it failed. */
void gbench_pair_ns(struct gbench *g, double ns);
/* A figure shown beside it, unless it is 0 or not known. */
void gbench_counter(struct gbench *g, const char *key, double value);
/* The iteration's time does not count, and the program will exit with 1. */
void gbench_fail(struct gbench *g, const char *why);

/* Goes into the head of every report. */
void gbench_context(const char *key, const char *value);

/*
 * Reads the library's flags and runs the benchmarks they select.  Returns the
 * exit status: 0; 1 if one failed; 2, having said why, if a flag is unknown or
 * nothing is selected.  If its report cannot be opened, the library ends the
 * process with 1.
 */
int gbench_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
