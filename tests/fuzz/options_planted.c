/* SPDX-License-Identifier: MIT */
/* A command line that forgets a limit, to see the target notice. */
#include "options.h"

int __real_options_parse(struct options *options, int argc, char **argv,
			 bool leaks, char error[OPTIONS_ERROR_BYTES]);
int __wrap_options_parse(struct options *options, int argc, char **argv,
			 bool leaks, char error[OPTIONS_ERROR_BYTES]);

/* The linker sends the target's calls here. */
__attribute__((used)) int
__wrap_options_parse(struct options *options, int argc, char **argv, bool leaks,
		     char error[OPTIONS_ERROR_BYTES])
{
	int status = __real_options_parse(options, argc, argv, leaks, error);

	if (status == 0 && options->workload.burst > 1)
		options->workload.burst = WORKLOAD_BURST_MAX + 1;
	return status;
}
