/* SPDX-License-Identifier: MIT */
/* A place in a table for an address. */
#ifndef HASH_H
#define HASH_H

#include <stdint.h>

static inline unsigned
hash_address(const volatile void *address)
{
	return (unsigned)(((uintptr_t)address >> 2) *
				  UINT64_C(0x9e3779b97f4a7c15) >>
			  32);
}

#endif
