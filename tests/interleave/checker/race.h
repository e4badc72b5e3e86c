/* SPDX-License-Identifier: MIT */
/* Data races: two accesses, not ordered, one a write, one not atomic. */
#ifndef RACE_H
#define RACE_H

#include <stdbool.h>
#include <stddef.h>

/* Plain accesses. */
void race_read(const volatile void *address, size_t bytes);
void race_write(const volatile void *address, size_t bytes);

/* An atomic access. */
void race_atomic(const volatile void *address, size_t bytes, bool writes);

#endif
