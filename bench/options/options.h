/* SPDX-License-Identifier: MIT */
/* The command line of every driftbench program. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "load/workload.h"

enum options_action {
	OPTIONS_RUN,
	OPTIONS_DRY_RUN,
	OPTIONS_LIST,
	OPTIONS_HELP
};

enum options_pin { OPTIONS_PIN_NONE, OPTIONS_PIN_AUTO, OPTIONS_PIN_LIST };

/* Written once by options_parse(), read-only afterwards. */
struct options {
	enum options_action action;
	struct workload workload;
	uint64_t ops; /* 0: the trial takes time_ns */
	uint64_t time_ns;
	uint64_t warmup_ns; /* 0: none */
	double give_back;   /* of a spike; NaN: what suits the subject */
	bool endless;       /* until interrupted */
	bool latency;       /* operations are timed one by one */
	bool sim;           /* virtual workers in one thread */
	const char *trace;  /* of a simulation: a file; NULL: none */
	const char *record; /* the same */
	unsigned trace_workers_max;
	unsigned rounds;
	enum options_pin pin;
	cpu_set_t cpus; /* to pin to; all allowed ones */
	bool jsonl;
	const char *metrics; /* a file; NULL: none */
	const char *out;     /* a file for trials; NULL: standard output */
};

#define OPTIONS_ERROR_BYTES 640
#define OPTIONS_PATH_BYTES 4096u

/*
 * `leaks`: the subject creates objects for ever if they migrate, so by default
 * the trial takes a number of operations and not a time.
 * Returns 0, or -1 with one line in `error` saying what was wrong and what is
 * allowed.
 */
int options_parse(struct options *options, int argc, char **argv, bool leaks,
		  char error[OPTIONS_ERROR_BYTES]);

/* What --pin says: "none", or the CPUs as a list such as "0,2-3". */
void options_pin_name(const struct options *options, char *text, size_t bytes);

/* The usage text and the list of cases, for people. */
void options_print_help(FILE *out, const char *program);
void options_print_cases(FILE *out);

#endif
