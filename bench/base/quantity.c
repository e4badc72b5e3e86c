/* SPDX-License-Identifier: MIT */
/* Reading of counts, shares, durations and sizes. */
#include "quantity.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	double factor;
};

static const struct unit duration_units[] = {
	{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { NULL, 0 },
};

static const struct unit size_units[] = {
	{ "", 1 },   { "B", 1 }, { "KiB", 1024 }, { "MiB", 1024 * 1024 },
	{ NULL, 0 },
};

bool
quantity_count(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	unsigned long long number;
	char *end;

	/* strtoull() would take a sign and leading blanks. */
	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || number < min || number > max)
		return false;
	*value = number;
	return true;
}

/* A plain decimal number; no sign, exponent, hexadecimal, "inf" or "nan". */
static bool
decimal_read(const char *text, double *value, const char **end)
{
	size_t n = strspn(text, "0123456789.");
	char *stop;

	if (n == 0 || n > 32)
		return false;
	*value = strtod(text, &stop);
	*end = text + n;
	return stop == *end && isfinite(*value);
}

bool
quantity_share(const char *text, double min, double max, double *value)
{
	const char *end;
	double number;

	if (!decimal_read(text, &number, &end) || *end != '\0' ||
	    number < min || number > max)
		return false;
	*value = number;
	return true;
}

static bool
quantity_with_unit(const char *text, const struct unit *units, uint64_t min,
		   uint64_t max, uint64_t *value)
{
	const char *end;
	double number, whole;

	if (!decimal_read(text, &number, &end))
		return false;
	while (units->name != NULL && strcmp(units->name, end) != 0)
		units++;
	if (units->name == NULL && (number > 0 || *end != '\0'))
		return false;
	number = number > 0 ? number * units->factor : 0;
	whole = floor(number + .5);
	/* "0.1us" is whole but for a rounding error; "1.5B" is a mistake. */
	if (fabs(number - whole) > 1e-3 || whole < (double)min ||
	    whole > (double)max)
		return false;
	*value = (uint64_t)whole;
	return true;
}

bool
quantity_duration(const char *text, uint64_t min_ns, uint64_t max_ns,
		  uint64_t *ns)
{
	return quantity_with_unit(text, duration_units, min_ns, max_ns, ns);
}

bool
quantity_size(const char *text, uint64_t min_bytes, uint64_t max_bytes,
	      uint64_t *bytes)
{
	return quantity_with_unit(text, size_units, min_bytes, max_bytes,
				  bytes);
}
