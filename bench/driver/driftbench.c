/* SPDX-License-Identifier: MIT */
/*
 * driftbench: borrow and return objects on a team of workers, some of them on
 * another worker than they were borrowed on, and report what that costs in
 * time and in memory.  One program per subject; see subject.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "trial/fibers.h"
#include "measure/machine.h"
#include "trial/monitor.h"
#include "options/options.h"
#include "report.h"
#include "sim/sim.h"
#include "trial/trial.h"

#include SUBJECT

/* Exit statuses. */
enum status { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

/* Room for any report, so that it is written at once and errno says why not. */
static char out_buffer[1 << 18];

/* Where reports go, standard output or a file; NULL if it does not open. */
static FILE *
out_open(const struct options *options)
{
	FILE *out = stdout;

	if (options->out != NULL && options->action == OPTIONS_RUN)
		out = fopen(options->out, "a");
	if (out != NULL)
		setvbuf(out, out_buffer, _IOFBF, sizeof(out_buffer));
	return out;
}

/* What was reported is written; false, once that is said, if it is not. */
static bool
out_written(FILE *out, const char *program)
{
	if (fflush(out) == 0)
		return true;
	fprintf(stderr, "%s: the report cannot be written: %s\n", program,
		strerror(errno));
	return false;
}

static enum status
trials_run(FILE *out, const char *program, const struct options *options,
	   const struct sim_files *files)
{
	static struct trial trial;
	struct machine machine;
	enum status status = STATUS_OK;

	monitor_page_by_signal();
	machine_read(&machine);
	for (unsigned round = 1; round <= options->rounds; round++) {
		if (options->sim)
			sim_run(options, files, round, &trial);
		else
			trial_run(options, round, &trial);
		report_trial(out, program, options, &machine, &trial);
		for (unsigned i = 0; i < trial.failures; i++)
			fprintf(stderr, "%s: %s, round %u: %s\n", program,
				trial.workload.case_name, round,
				trial.failure[i]);
		if (trial.failures > 0)
			status = STATUS_FAILED;
		/* Each round, so that an interrupt loses no finished one. */
		if (!out_written(out, program))
			return STATUS_FAILED;
	}
	return status;
}

/* False, once that is said, if not all of it is written. */
static bool
recording_close(FILE *recording, const char *program)
{
	bool failed = ferror(recording) != 0;

	/* Some errors show only now. */
	if (fclose(recording) == 0 && !failed)
		return true;
	fprintf(stderr, "%s: the recording cannot be written: %s\n", program,
		strerror(errno));
	return false;
}

/* Runs trials with what --trace and --record name. */
static enum status
files_run(FILE *out, const char *program, const struct options *options)
{
	char error[TRACE_ERROR_BYTES];
	struct trace trace = { .n = 0 };
	struct sim_files files = { NULL, NULL };
	enum status status;

	if (options->trace != NULL) {
		if (trace_read(&trace, options->trace,
			       options->trace_workers_max, error) != 0) {
			fprintf(stderr, "%s: %s\n", program, error);
			return STATUS_USAGE;
		}
		files.trace = &trace;
	}
	if (options->record != NULL) {
		files.record = fopen(options->record, "w");
		if (files.record == NULL) {
			fprintf(stderr,
				"%s: --record %s cannot be opened: %s; "
				"allowed: a file that can be written\n",
				program, options->record, strerror(errno));
			trace_close(&trace);
			return STATUS_USAGE;
		}
		trace_write_head(files.record, program,
				 options->workload.case_name);
	}
	status = trials_run(out, program, options, &files);
	if (files.record != NULL && !recording_close(files.record, program))
		status = STATUS_FAILED;
	trace_close(&trace);
	return status;
}

static enum status
options_run(FILE *out, const char *program, const struct options *options)
{
	switch (options->action) {
	case OPTIONS_RUN:
		return files_run(out, program, options);
	case OPTIONS_DRY_RUN:
		report_options(out, program, subject_name(), options);
		break;
	case OPTIONS_LIST:
		options_print_cases(out);
		break;
	case OPTIONS_HELP:
		options_print_help(out, program);
		break;
	}
	return out_written(out, program) ? STATUS_OK : STATUS_FAILED;
}

/* Is the subject a pool of the library?  False, once that is said: no. */
static bool
pool_needed(const char *program, const char *flag)
{
	if (subject_has_metrics())
		return true;
	fprintf(stderr,
		"%s: %s is not allowed with %s; allowed: with " BENCH_BACKENDS
		"\n",
		program, flag, subject_name());
	return false;
}

/* Can this subject do that?  False, once that is said: no. */
static bool
options_suit(const char *program, const struct options *options)
{
	FILE *file;

	if (options->workload.live > 0 && !fibers_offered()) {
		fprintf(stderr,
			"%s: --case %s is not allowed with %s, which lends no "
			"tables; allowed: another case\n",
			program, options->workload.case_name, subject_name());
		return false;
	}
	if (options->workload.trim > 0 && !pool_needed(program, "--trim"))
		return false;
	if (options->metrics == NULL || options->action != OPTIONS_RUN)
		return true;
	if (!pool_needed(program, "--metrics"))
		return false;
	file = fopen(options->metrics, "a");
	if (file == NULL) {
		fprintf(stderr,
			"%s: --metrics %s cannot be opened: %s; allowed: a "
			"file that can be written\n",
			program, options->metrics, strerror(errno));
		return false;
	}
	fclose(file);
	return true;
}

int
main(int argc, char **argv)
{
	const char *program = program_invocation_short_name;
	char error[OPTIONS_ERROR_BYTES];
	struct options options;
	enum status status;
	FILE *out;

	if (options_parse(&options, argc, argv, subject_leaks(), error) != 0) {
		fprintf(stderr, "%s: %s\n", program, error);
		return STATUS_USAGE;
	}
	if (!options_suit(program, &options))
		return STATUS_USAGE;
	out = out_open(&options);
	if (out == NULL) {
		fprintf(stderr,
			"%s: --out %s cannot be opened: %s; allowed: a file "
			"that can be written\n",
			program, options.out, strerror(errno));
		return STATUS_USAGE;
	}
	status = options_run(out, program, &options);
	if (fclose(out) != 0 && status == STATUS_OK) {
		fprintf(stderr, "%s: the report cannot be written: %s\n",
			program, strerror(errno));
		status = STATUS_FAILED;
	}
	return status;
}
