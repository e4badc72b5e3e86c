/* SPDX-License-Identifier: MIT */
/*
 * The allocator under the library, as the linker's --wrap lets a test see it:
 * it counts, and does what it is told at one of its calls.  For programs with
 * one thread.
 */
#ifndef ALLOCATOR_H
#define ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

#define ALLOCATOR_FOREVER (~0ul)

/*
 * Of the allocations from now on the first-th (from 1) fails, and n - 1 more
 * after it.  first 0: none fails.
 */
void allocator_fail(unsigned long first, unsigned long n);

/* Calls act() in the first-th allocation from now on, before it is made. */
void allocator_interrupt(unsigned long first, void (*act)(void));

/*
 * Memory that is new, and need not be zero, has these bytes again and again, of
 * which the last ones may be cut off.  NULL: whatever was there.
 */
void allocator_fill(const void *pattern, size_t bytes);

/* How many were asked for since allocator_fail(), and whether any failed. */
unsigned long allocator_calls(void);
bool allocator_failed(void);

/* Blocks allocated and not freed since the program started. */
long allocator_live(void);

#endif
