/* SPDX-License-Identifier: MIT */
/* The memory that the code under test allocates. */
#ifndef ARENA_H
#define ARENA_H

#include <stdbool.h>
#include <stddef.h>

void arena_reset(void);

/* Filled with a pattern, as memory from malloc() holds anything. */
void *arena_alloc(size_t bytes, size_t align);

/* Fails if somebody used the block without an order against this. */
void arena_free(void *memory);

/* Blocks not freed. */
unsigned arena_blocks(void);

/* Fails if the access is outside all blocks, or to a freed one. */
void arena_check(const volatile void *address, size_t bytes);

#endif
