/* SPDX-License-Identifier: MIT */
/* Atomic objects of 1 to 8 bytes, as C11 has them; see memory.c. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stdint.h>

enum operation { EXCHANGE, ADD, SUBTRACT, OR, AND, XOR, NAND };

uint64_t memory_load(const volatile void *address, unsigned bytes, int order);
void memory_store(volatile void *address, unsigned bytes, uint64_t value,
		  int order);
uint64_t memory_modify(volatile void *address, unsigned bytes,
		       enum operation operation, uint64_t value, int order);
bool memory_compare_exchange(volatile void *address, unsigned bytes,
			     uint64_t *expected, uint64_t desired, int success,
			     int failure, bool weak);

/* A plain write is about to come: what was stored before is no longer seen. */
void memory_overwrite(const volatile void *address);

/* Who is told of each new value of an address; NULL: nobody. */
extern void (*memory_watcher)(const volatile void *address, uint64_t value);

#endif
