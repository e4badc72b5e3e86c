/* SPDX-License-Identifier: MIT */
/* Reading /proc/self/status, again and again. */
#include "memory.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drift.h"

/* A slope of fewer samples says nothing. */
#define SLOPE_SAMPLES_MIN 4u

/* The number after `name` in the text, in KiB; 0 if it is not there. */
static uint64_t
status_field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

bool
memory_read(struct memory *memory)
{
	/* The two lines stand within the first kilobyte or so. */
	char text[4096];
	ssize_t n = -1;
	int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	memset(memory, 0, sizeof(*memory));
	if (file >= 0) {
		n = read(file, text, sizeof(text) - 1);
		close(file);
	}
	if (n <= 0)
		return false;
	text[n] = '\0';
	memory->rss_anon_kib = status_field(text, "\nRssAnon:");
	memory->vm_hwm_kib = status_field(text, "\nVmHWM:");
	return true;
}

/* Keeps samples 0, 2, 4 and so on. */
static void
series_thin(struct memory_series *s)
{
	s->n = (s->n + 1) / 2;
	for (unsigned i = 1; i < s->n; i++) {
		s->time_ns[i] = s->time_ns[2 * i];
		s->kib[i] = s->kib[2 * i];
	}
	s->stride *= 2;
}

void
memory_series_add(struct memory_series *s, uint64_t time_ns, uint64_t kib)
{
	if (s->stride == 0)
		s->stride = 1;
	if (s->n > 0 && ++s->offered < s->stride)
		return;
	s->offered = 0;
	if (s->n == MEMORY_SAMPLES_MAX)
		series_thin(s);
	s->time_ns[s->n] = time_ns;
	s->kib[s->n++] = kib;
}

void
memory_series_keep_next(struct memory_series *s)
{
	s->offered = s->stride;
}

double
memory_series_slope(const struct memory_series *s)
{
	double seconds[MEMORY_SAMPLES_MAX], kib[MEMORY_SAMPLES_MAX];
	uint64_t middle;
	unsigned n = 0;

	if (s->n == 0)
		return NAN;
	middle = s->time_ns[0] + (s->time_ns[s->n - 1] - s->time_ns[0]) / 2;
	for (unsigned i = 0; i < s->n; i++) {
		if (s->time_ns[i] < middle)
			continue;
		seconds[n] = (double)(s->time_ns[i] - middle) * 1e-9;
		kib[n++] = (double)s->kib[i];
	}
	return n < SLOPE_SAMPLES_MIN ? NAN : drift_slope(seconds, kib, n);
}
