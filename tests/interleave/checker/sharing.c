/* SPDX-License-Identifier: MIT */
/* A hash table that only grows. */
#include "sharing.h"

#include <stdint.h>
#include <string.h>

#include "hash.h"
#include "interleave.h"

#define ADDRESSES_MAX 16384u
#define BY_MANY 0xffu

/* Invariant: at most half of them are in use; `by` is a thread or BY_MANY. */
static struct {
	const void *address;
	uint8_t by;
} table[ADDRESSES_MAX];
static unsigned n_addresses;
static bool grew;

void
sharing_reset(void)
{
	memset(table, 0, sizeof(table));
	n_addresses = 0;
	grew = false;
}

bool
sharing_touch(const void *address, unsigned thread)
{
	unsigned i = hash_address(address) % ADDRESSES_MAX;

	while (table[i].address && table[i].address != address)
		i = (i + 1) % ADDRESSES_MAX;
	if (!table[i].address) {
		if (++n_addresses > ADDRESSES_MAX / 2)
			interleave_fail("more than %u addresses",
					ADDRESSES_MAX / 2);
		table[i].address = address;
		table[i].by = (uint8_t)thread;
	} else if (table[i].by != BY_MANY && table[i].by != thread) {
		table[i].by = BY_MANY;
		grew = true;
	}
	return table[i].by == BY_MANY;
}

bool
sharing_grew(void)
{
	bool answer = grew;

	grew = false;
	return answer;
}
