/* SPDX-License-Identifier: MIT */
/*
 * Quantities as people write them: counts, shares, durations and sizes with
 * their units, whole numbers of the smallest one.  All functions are pure and
 * return false for what they do not understand or find out of range.
 */
#ifndef QUANTITY_H
#define QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

bool quantity_count(const char *text, uint64_t min, uint64_t max,
		    uint64_t *value);
bool quantity_share(const char *text, double min, double max, double *value);
/* "200ms", "1.5s"; units ns, us, ms, s; a plain 0 needs none. */
bool quantity_duration(const char *text, uint64_t min_ns, uint64_t max_ns,
		       uint64_t *ns);
/* "64B", "4KiB"; units B, KiB, MiB; a plain number is bytes. */
bool quantity_size(const char *text, uint64_t min_bytes, uint64_t max_bytes,
		   uint64_t *bytes);

#endif
