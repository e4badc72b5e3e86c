/* SPDX-License-Identifier: MIT */
/*
 * This process's memory as the kernel counts it.  RssAnon, because file pages
 * come and go behind our back; VmHWM, because ru_maxrss is inherited over exec.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct memory {
	uint64_t rss_anon_kib;
	uint64_t vm_hwm_kib;
};

/* Samples kept; a longer series is thinned out evenly. */
#define MEMORY_SAMPLES_MAX 512u

/*
 * A series in the order of time.  Owner: the main thread.
 * Invariant: n <= MEMORY_SAMPLES_MAX; every stride-th sample is kept.
 */
struct memory_series {
	unsigned n;
	unsigned stride; /* 0: no sample yet */
	unsigned offered;
	uint64_t time_ns[MEMORY_SAMPLES_MAX];
	uint64_t kib[MEMORY_SAMPLES_MAX];
};

void memory_series_add(struct memory_series *series, uint64_t time_ns,
		       uint64_t kib);
/* The next sample is kept, such as that of the end. */
void memory_series_keep_next(struct memory_series *series);
/* KiB a second over the second half of the time; NaN: too few samples. */
double memory_series_slope(const struct memory_series *series);

/* False if /proc/self/status cannot be read; then all fields are 0. */
bool memory_read(struct memory *memory);

#endif
