/* SPDX-License-Identifier: MIT */
/* The bytes that a fuzzer gives, read one by one; after the end: zeros. */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *next;
	size_t left;
};

static inline uint8_t
bytes_next(struct bytes *bytes)
{
	if (bytes->left == 0)
		return 0;
	bytes->left--;
	return *bytes->next++;
}

/* One of the values of an array. */
#define BYTES_CHOOSE(bytes, values)                                            \
	(values)[bytes_next(bytes) % (sizeof(values) / sizeof((values)[0]))]

/* What libFuzzer calls, or replay.c. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
