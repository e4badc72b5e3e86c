/* SPDX-License-Identifier: MIT */
/*
 * Bytes are a command line of the benchmark, an argument a line; the first byte
 * says whether the subject leaks.  It is refused with one line that says what
 * is allowed, or gives options within all limits; twice the same.
 */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "support/harness.h"
#include "options/options.h"

#define ARGUMENTS_MAX 32
#define TEXT_BYTES_MAX 2048

static void
must(const char *claim, bool holds)
{
	harness_equal(claim, true, holds);
}

/* Lines into arguments, in place.  Returns how many, the program included. */
static int
split(char *text, char **argv)
{
	static char program[] = "driftbench";
	char *rest = text;
	int argc = 1;

	argv[0] = program;
	while (rest && argc < ARGUMENTS_MAX)
		argv[argc++] = strsep(&rest, "\n");
	argv[argc] = NULL;
	return argc;
}

static void
check_error(const char *error)
{
	size_t length = strnlen(error, OPTIONS_ERROR_BYTES);

	must("an error is a text", length > 0 && length < OPTIONS_ERROR_BYTES);
	must("an error is one line", !strchr(error, '\n'));
}

static void
check_options(const struct options *options)
{
	const struct workload *w = &options->workload;

	must("workers are within limits",
	     w->workers >= 1 && w->workers <= WORKLOAD_WORKERS_MAX);
	must("the share that migrates is one",
	     w->migrate >= 0 && w->migrate <= 1);
	must("a burst is within limits",
	     w->burst >= 1 && w->burst <= WORKLOAD_BURST_MAX);
	must("objects have a size", w->object_bytes >= 1);
	must("a magazine is one of the library's",
	     w->magazine >= 2 && w->magazine <= 1024);
	must("there are rounds", options->rounds >= 1);
	must("a trial ends", options->ops > 0 || options->time_ns > 0 ||
				     options->action != OPTIONS_RUN);
	must("there is a CPU to run on", CPU_COUNT(&options->cpus) > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[2][TEXT_BYTES_MAX], error[2][OPTIONS_ERROR_BYTES] = { "" };
	struct options options[2];
	char *argv[ARGUMENTS_MAX + 1];
	int status[2];

	if (size == 0 || size > TEXT_BYTES_MAX)
		return 0;
	for (int i = 0; i < 2; i++) {
		memcpy(text[i], data + 1, size - 1);
		text[i][size - 1] = 0;
		status[i] = options_parse(&options[i], split(text[i], argv),
					  argv, data[0] & 1, error[i]);
	}
	must("the same line is judged the same", status[0] == status[1]);
	must("the same error", strcmp(error[0], error[1]) == 0);
	if (status[0] != 0) {
		check_error(error[0]);
		return 0;
	}
	check_options(&options[0]);
	must("the same options",
	     options[0].ops == options[1].ops &&
		     options[0].time_ns == options[1].time_ns);
	return 0;
}
