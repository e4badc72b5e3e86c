/* SPDX-License-Identifier: MIT */
/* A configuration: is it one, and what comes of it? */
#ifndef CONFIG_H
#define CONFIG_H

#include <driftpool/pool.h>

/*
 * Can it be read as a struct dp_config of this library?  0; -EINVAL, or -E2BIG
 * if a newer header's field is set.
 */
int dp__config_size_check(const struct dp_config *config);

/* The same, and are its values within their ranges?  0 or a negative errno. */
int dp__config_check(const struct dp_config *config);

/* M: what was asked for, or less, so that two magazines fit into a cache. */
unsigned dp__config_magazine_size(const struct dp_config *config);

#endif
