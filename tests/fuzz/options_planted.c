/* SPDX-License-Identifier: MIT */
/* A command line that forgets a limit, to see the target notice. */
/* Elsewhere this name is that of the function below. */
#undef options_parse

#include "options/options.h"

int planted_options_parse(struct options *options, int argc, char **argv,
			  bool leaks, char error[OPTIONS_ERROR_BYTES]);

int
planted_options_parse(struct options *options, int argc, char **argv,
		      bool leaks, char error[OPTIONS_ERROR_BYTES])
{
	int status = options_parse(options, argc, argv, leaks, error);

	if (status == 0 && options->workload.burst > 1)
		options->workload.burst = WORKLOAD_BURST_MAX + 1;
	return status;
}
