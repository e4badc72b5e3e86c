/* SPDX-License-Identifier: MIT */
/* What a configuration may say. */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Has a config of a newer header something set that we do not know? */
static bool
has_unknown(const struct dp_config *config)
{
	const unsigned char *bytes = (const unsigned char *)config;

	for (size_t i = sizeof(*config); i < config->size; i++)
		if (bytes[i] != 0)
			return true;
	return false;
}

static bool
name_is_valid(const char *name)
{
	size_t length = strnlen(name, DP_NAME_BYTES_MAX + 1);

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	return length <= DP_NAME_BYTES_MAX;
}

static bool
shape_is_valid(const struct dp_config *config)
{
	size_t align = config->object_align;

	return config->object_size >= 1 && align >= 1 &&
	       (align & (align - 1)) == 0 && align <= DP_OBJECT_ALIGN_MAX &&
	       config->object_size <= (size_t)PTRDIFF_MAX - align &&
	       config->magazine_size >= DP_MAGAZINE_SIZE_MIN &&
	       config->magazine_size <= DP_MAGAZINE_SIZE_MAX;
}

int
dp__config_size_check(const struct dp_config *config)
{
	if (!config || config->size < sizeof(*config) ||
	    config->size > DP_CONFIG_BYTES_MAX)
		return -EINVAL;
	return has_unknown(config) ? -E2BIG : 0;
}

int
dp__config_check(const struct dp_config *config)
{
	int status = dp__config_size_check(config);

	if (status != 0)
		return status;
	if (!shape_is_valid(config))
		return -EINVAL;
	if (config->name && !name_is_valid(config->name))
		return -EINVAL;
	return 0;
}

unsigned
dp__config_magazine_size(const struct dp_config *config)
{
	size_t fits = config->cache_bytes / 2 / config->object_size;

	if (config->cache_bytes == 0 || fits >= config->magazine_size)
		return config->magazine_size;
	return fits < DP_MAGAZINE_SIZE_MIN ? DP_MAGAZINE_SIZE_MIN
					   : (unsigned)fits;
}
