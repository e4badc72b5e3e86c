/* SPDX-License-Identifier: MIT */
/*
 * A table of values by key: what the pools of keytable.c lend, and any other
 * store of memory that constructs, lends and destructs by these functions.  It
 * knows no pool, only the source that its memory and its slots are from.
 *
 *	memory   dp__table_construct() once, dp__table_destruct() once
 *	lent     dp__table_lend() ... read, write ... dp__table_take_back()
 *
 *	subs[31] -> slots[32]	made when the first of them is written
 *
 * While it is lent, one thread at a time calls.  While it is not, its first
 * word is the store's, to link it to others.
 */
#ifndef TABLE_H
#define TABLE_H

#include <driftpool/keytable.h>

#include "memory/source.h"

#define SUB_SLOTS 32u
#define TABLE_SUBS (DP_KEYS_MAX / SUB_SLOTS)

/*
 * Invariant: the value is of the key with this version, NULL if there is none;
 * the fiber has read or set it if the round is the table's, else inherited it.
 */
struct slot {
	uint32_t version;
	uint32_t round;
	void *value;
};

struct sub {
	struct slot slots[SUB_SLOTS];
};

/*
 * Invariant: the source is NULL while it is not lent.  No slot's round is later
 * than the table's.  The fiber's; of who gives it up, at the end.
 */
struct dp_keytable {
	struct source *source;
	uint32_t round; /* of lending it, never 0 */
	uint32_t calls; /* destructors running that were given it */
	struct sub *subs[TABLE_SUBS];
};

/* The two functions of a struct dp_config; `source` of the memory.  0. */
int dp__table_construct(void *table, void *source);

/* Destructs all values, in up to DP_KEYTABLE_PASSES passes. */
void dp__table_destruct(void *table, void *source);

/* Begins a new round: all that is in the table is inherited. */
void dp__table_lend(struct dp_keytable *table, struct source *source);

/*
 * NULL: it is not lent.  So it may be asked of a table that was ended, which is
 * poisoned for everybody else.
 */
static inline __attribute__((no_sanitize("address"))) const struct source *
table_source(const struct dp_keytable *table)
{
	return table->source;
}

/* Is it lent, and from there? */
static inline bool
table_is_of(const struct dp_keytable *table, const struct source *source)
{
	return table_source(table) == source;
}

/* Returns 0; -EBUSY: destructors are running that were given it. */
int dp__table_take_back(struct dp_keytable *table);

/* As dp_keytable_get(), _set() and _leftovers(), in a table that is lent. */
int dp__table_read(struct dp_keytable *table, struct dp_key key, void **value);
int dp__table_write(struct dp_keytable *table, struct dp_key key, void *value);

#endif
