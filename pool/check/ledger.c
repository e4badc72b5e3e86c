/* SPDX-License-Identifier: MIT */
/* A hash table with linear probing; removal closes the gap it leaves. */
#include "ledger.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 256

static size_t
home(const struct ledger *ledger, const void *object)
{
	uint64_t hash =
		(uint64_t)(uintptr_t)object * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(hash >> 20) & (ledger->capacity - 1);
}

static size_t
after(const struct ledger *ledger, size_t place)
{
	return (place + 1) & (ledger->capacity - 1);
}

/* The object's place, or the free one where it belongs. */
static struct ledger_entry *
place_of(const struct ledger *ledger, const void *object)
{
	size_t place = home(ledger, object);

	while (ledger->entries[place].object &&
	       ledger->entries[place].object != object)
		place = after(ledger, place);
	return &ledger->entries[place];
}

struct ledger_entry *
dp__ledger_find(const struct ledger *ledger, const void *object)
{
	if (ledger->capacity == 0)
		return NULL;
	struct ledger_entry *entry = place_of(ledger, object);

	return entry->object ? entry : NULL;
}

static bool
grow(struct ledger *ledger)
{
	struct ledger larger = {
		.n = ledger->n,
		.capacity = ledger->capacity ? ledger->capacity * 2
					     : CAPACITY_FIRST,
	};

	larger.entries = calloc(larger.capacity, sizeof(*larger.entries));
	if (!larger.entries)
		return false;
	for (size_t i = 0; i < ledger->capacity; i++)
		if (ledger->entries[i].object)
			*place_of(&larger, ledger->entries[i].object) =
				ledger->entries[i];
	free(ledger->entries);
	*ledger = larger;
	return true;
}

bool
dp__ledger_add(struct ledger *ledger, void *object)
{
	if (ledger->n == ledger->capacity / 2 && !grow(ledger))
		return false;
	struct ledger_entry *entry = place_of(ledger, object);

	assert(!entry->object);
	*entry = (struct ledger_entry){ .object = object };
	ledger->n++;
	return true;
}

void
dp__ledger_remove(struct ledger *ledger, const void *object)
{
	struct ledger_entry *entries = ledger->entries;
	size_t gap = (size_t)(place_of(ledger, object) - entries);

	assert(entries[gap].object == object);
	for (size_t i = after(ledger, gap); entries[i].object;
	     i = after(ledger, i)) {
		size_t from_home = (i - home(ledger, entries[i].object)) &
				   (ledger->capacity - 1);
		size_t from_gap = (i - gap) & (ledger->capacity - 1);

		if (from_home < from_gap)
			continue;
		entries[gap] = entries[i];
		gap = i;
	}
	entries[gap].object = NULL;
	ledger->n--;
}

void
dp__ledger_fini(struct ledger *ledger)
{
	free(ledger->entries);
}

static uint64_t
mix(uint64_t hash, uint64_t word)
{
	return (hash ^ word) * UINT64_C(0x100000001b3);
}

/*
 * FNV-1a, eight bytes at a time, and what is left by itself: a length that is
 * not known would cost more than all else.
 */
uint64_t
dp__ledger_hash(const void *object, size_t bytes)
{
	const char *at = object;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	uint64_t word = 0;

	/* Plain: the object is the caller's own just now. */
	for (; bytes >= sizeof(word); bytes -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mix(hash, word);
		at += sizeof(word);
	}
	if (bytes == 0)
		return hash;
	word = 0;
	/* Plain: as above. */
	memcpy(&word, at, bytes);
	return mix(hash, word);
}
