/* SPDX-License-Identifier: MIT */
/*
 * The tagged word: a compressed pointer (an index, 0 for none) and a tag, one
 * 64-bit integer, so that one ordinary compare-and-swap covers both.
 *
 *	63            32 31             0
 *	[     tag      ][     index     ]
 *
 * Every removal from a stack bumps the tag: a word that comes back with the
 * same index comes back with another tag.  32 bits wrap after 2^32 removals,
 * minutes at full speed.  A checker sets TAG_BITS to 1 or 2 to see the wrap
 * break, and TAG_STEP to 0 to see what the tag is for.
 */
#ifndef TAG_H
#define TAG_H

#include <stdint.h>

#ifndef TAG_BITS
#define TAG_BITS 32
#endif
#ifndef TAG_STEP
#define TAG_STEP 1
#endif

static inline uint32_t
tag_index(uint64_t word)
{
	return (uint32_t)word;
}

static inline uint32_t
tag_of(uint64_t word)
{
	return (uint32_t)(word >> 32);
}

static inline uint64_t
tag_pack(uint32_t index, uint32_t tag)
{
	return (uint64_t)tag << 32 | index;
}

static inline uint32_t
tag_next(uint32_t tag)
{
	return (tag + TAG_STEP) & (uint32_t)((UINT64_C(1) << TAG_BITS) - 1);
}

#endif
