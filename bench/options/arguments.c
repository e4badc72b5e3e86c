/* SPDX-License-Identifier: MIT */
/* Reading arguments by the table of flags. */
#include "arguments.h"

#include <stdio.h>
#include <string.h>

static const struct flag *
flag_find(const char *name, size_t length)
{
	for (const struct flag *f = flags; f->name != NULL; f++)
		if (strlen(f->name) == length &&
		    memcmp(f->name, name, length) == 0)
			return f;
	return NULL;
}

static void
flag_unknown(const char *text, char error[OPTIONS_ERROR_BYTES])
{
	int n = snprintf(error, OPTIONS_ERROR_BYTES,
			 "unknown argument %.64s; allowed are", text);

	for (const struct flag *f = flags; f->name != NULL; f++)
		n += snprintf(error + n, OPTIONS_ERROR_BYTES - (size_t)n, " %s",
			      f->name);
}

/*
 * One flag with its value, "--flag value" or "--flag=value".  Returns how many
 * arguments it took, or -1.
 */
static int
argument_read(struct parse *parse, char **arguments, const char *only,
	      char error[OPTIONS_ERROR_BYTES])
{
	const char *text = arguments[0];
	const struct flag *flag = flag_find(text, strcspn(text, "="));
	const char *value = strchr(text, '=');
	int taken = 1;

	if (flag == NULL) {
		flag_unknown(text, error);
		return -1;
	}
	if (flag->value == NULL && value != NULL) {
		snprintf(error, OPTIONS_ERROR_BYTES,
			 "%s takes no value; allowed: %s alone", flag->name,
			 flag->name);
		return -1;
	}
	if (value != NULL)
		value++;
	else if (flag->value != NULL && (value = arguments[taken]) != NULL)
		taken++;
	if (flag->value != NULL && value == NULL) {
		snprintf(error, OPTIONS_ERROR_BYTES,
			 "%s needs a value; allowed: %s", flag->name,
			 flag->allowed);
		return -1;
	}
	if (only != NULL && strcmp(flag->name, only) != 0)
		return taken;
	parse->given |= (uint64_t)1 << (flag - flags);
	if (!flag->set(parse, value)) {
		snprintf(error, OPTIONS_ERROR_BYTES,
			 "%s %.64s is not allowed; allowed: %s", flag->name,
			 value, flag->allowed);
		return -1;
	}
	return taken;
}

int
arguments_read(struct parse *parse, int argc, char **argv, const char *only,
	       char error[OPTIONS_ERROR_BYTES])
{
	for (int i = 1; i < argc;) {
		int taken = argument_read(parse, argv + i, only, error);

		if (taken < 0)
			return -1;
		i += taken;
	}
	return 0;
}

bool
arguments_given(const struct parse *parse, const char *name)
{
	const struct flag *flag = flag_find(name, strlen(name));

	return (parse->given >> (flag - flags) & 1) != 0;
}

void
arguments_print(FILE *out)
{
	for (const struct flag *f = flags; f->name != NULL; f++) {
		fprintf(out, "  %s%s%-*s %s\n", f->name,
			f->value != NULL ? " " : "",
			(int)(20 - strlen(f->name) - (f->value != NULL)),
			f->value != NULL ? f->value : "", f->help);
		if (f->allowed != NULL)
			fprintf(out, "  %20s   %s\n", "", f->allowed);
	}
}
