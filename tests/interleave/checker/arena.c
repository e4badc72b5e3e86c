/* SPDX-License-Identifier: MIT */
/*
 * Blocks one after the other, never used again in the same execution: so every
 * late access is seen, and equal executions have equal addresses.
 */
#include "arena.h"

#include <stdint.h>
#include <string.h>

#include "interleave.h"
#include "race.h"

#define ARENA_BYTES (512u << 10)
#define GRANULE 8u
#define GAP_BYTES 16u
#define BLOCKS_MAX 256u
#define JUNK 0xa5

enum state { OUTSIDE, LIVE, FREED };

/* Invariant: states[i] is of bytes [8i, 8i + 8) and OUTSIDE from `used` on. */
static _Alignas(4096) char bytes_of[ARENA_BYTES];
static uint8_t states[ARENA_BYTES / GRANULE];
static size_t used;

static struct {
	char *memory;
	size_t bytes;
	bool live;
} blocks[BLOCKS_MAX];
static unsigned n_blocks;
static unsigned n_live;

void
arena_reset(void)
{
	memset(states, OUTSIDE, used / GRANULE + 1);
	used = 0;
	n_blocks = 0;
	n_live = 0;
}

void *
arena_alloc(size_t bytes, size_t align)
{
	size_t start = used + GAP_BYTES;

	if (align < GRANULE)
		align = GRANULE;
	start = (start + align - 1) / align * align;
	size_t end = start + (bytes + GRANULE - 1) / GRANULE * GRANULE;

	if (end + GAP_BYTES > ARENA_BYTES || n_blocks == BLOCKS_MAX)
		interleave_fail("the arena is full");
	used = end;
	memset(states + start / GRANULE, LIVE, (end - start) / GRANULE);
	memset(bytes_of + start, JUNK, bytes);
	blocks[n_blocks].memory = bytes_of + start;
	blocks[n_blocks].bytes = bytes;
	blocks[n_blocks].live = true;
	n_blocks++;
	n_live++;
	return bytes_of + start;
}

void
arena_free(void *memory)
{
	unsigned i = 0;

	while (i < n_blocks && blocks[i].memory != memory)
		i++;
	if (i == n_blocks)
		interleave_fail("free of what is no block");
	if (!blocks[i].live)
		interleave_fail("a block is freed twice");
	race_write(memory, blocks[i].bytes);
	blocks[i].live = false;
	n_live--;
	memset(states + ((char *)memory - bytes_of) / GRANULE, FREED,
	       (blocks[i].bytes + GRANULE - 1) / GRANULE);
}

unsigned
arena_blocks(void)
{
	return n_live;
}

void
arena_check(const volatile void *address, size_t bytes)
{
	uintptr_t base = (uintptr_t)bytes_of, at = (uintptr_t)address;

	if (at < base || at >= base + ARENA_BYTES)
		return;
	for (size_t i = (at - base) / GRANULE;
	     i <= (at + bytes - 1 - base) / GRANULE; i++)
		if (states[i] != LIVE)
			interleave_fail("access to %s memory at %p",
					states[i] == FREED ? "freed"
							   : "nobody's",
					(void *)at);
}
