/* SPDX-License-Identifier: MIT */
/*
 * A table's slots.  What a fiber before this one left in a slot is told from
 * what this one set or read by the round, which is another one each time that
 * the table is lent: no slot is touched when it is borrowed or returned.
 */
#include "table.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>

#include "keys.h"

static_assert(TABLE_SUBS * SUB_SLOTS == DP_KEYS_MAX, "each key has a slot");

/* Values that no pass got rid of. */
static _Atomic uint64_t leftovers;

/* --- Slots --------------------------------------------------------------- */

/* NULL: it has none yet. */
static struct slot *
slot_find(const struct dp_keytable *table, struct dp_key key)
{
	struct sub *sub = table->subs[key.index / SUB_SLOTS];

	return sub ? &sub->slots[key.index % SUB_SLOTS] : NULL;
}

/* The same, and makes it; NULL: out of memory. */
static struct slot *
slot_make(struct dp_keytable *table, struct dp_key key)
{
	struct slot *slot = slot_find(table, key);

	if (slot)
		return slot;
	struct sub *sub = dp__source_alloc(table->source, sizeof(*sub),
					   _Alignof(struct sub));

	if (!sub)
		return NULL;
	*sub = (struct sub){ 0 };
	table->subs[key.index / SUB_SLOTS] = sub;
	return &sub->slots[key.index % SUB_SLOTS];
}

static bool
slot_has_value(const struct slot *slot, struct dp_key key)
{
	return slot->version == key.version && slot->value;
}

/* Runs the destructor of the slot's value, if it has one.  False: none. */
static bool
slot_destruct(struct dp_keytable *table, struct slot *slot, struct dp_key key)
{
	void *value = slot->value;

	slot->value = NULL;
	table->calls++;
	bool ran = dp__key_destruct(key, value, table);

	table->calls--;
	return ran;
}

/* --- Read and write ------------------------------------------------------ */

int
dp__table_read(struct dp_keytable *table, struct dp_key key, void **value)
{
	struct slot *slot;

	*value = NULL;
	if (!dp__key_exists(key))
		return -EINVAL;
	slot = slot_find(table, key);
	if (slot && slot->version == key.version) {
		slot->round = table->round;
		*value = slot->value;
	}
	return 0;
}

/* A destructor may set the key again, and what it set is destructed as well. */
static int
disinherit(struct dp_keytable *table, struct slot *slot, struct dp_key key)
{
	for (unsigned pass = 0;
	     pass < DP_KEYTABLE_PASSES && slot_has_value(slot, key); pass++)
		slot_destruct(table, slot, key);
	if (!dp__key_exists(key))
		return -EINVAL;
	return slot_has_value(slot, key) ? -ELOOP : 0;
}

int
dp__table_write(struct dp_keytable *table, struct dp_key key, void *value)
{
	if (!dp__key_exists(key))
		return -EINVAL;
	struct slot *slot =
		value ? slot_make(table, key) : slot_find(table, key);

	if (!slot)
		return value ? -ENOMEM : 0;
	if (slot_has_value(slot, key) && slot->round != table->round) {
		int status = disinherit(table, slot, key);

		if (status != 0)
			return status;
	}
	*slot = (struct slot){ key.version, table->round, value };
	return 0;
}

/* --- Lending ------------------------------------------------------------- */

/* Rounds repeat after 2^32: no slot may have one of so long ago. */
static void
forget_rounds(struct dp_keytable *table)
{
	for (unsigned i = 0; i < TABLE_SUBS; i++)
		for (unsigned j = 0; table->subs[i] && j < SUB_SLOTS; j++)
			table->subs[i]->slots[j].round = 0;
	table->round = 1;
}

void
dp__table_lend(struct dp_keytable *table, struct source *source)
{
	table->source = source;
	if (++table->round == 0)
		forget_rounds(table);
}

int
dp__table_take_back(struct dp_keytable *table)
{
	if (table->calls > 0)
		return -EBUSY;
	table->source = NULL;
	return 0;
}

/* --- Memory -------------------------------------------------------------- */

int
dp__table_construct(void *memory, void *source)
{
	struct dp_keytable *table = memory;

	(void)source;
	*table = (struct dp_keytable){ 0 };
	return 0;
}

/* One pass; returns how many destructors ran. */
static unsigned
destruct_values(struct dp_keytable *table)
{
	unsigned ran = 0;

	for (uint32_t index = 0; index < DP_KEYS_MAX; index++) {
		struct dp_key key = { index, 0 };
		struct slot *slot = slot_find(table, key);

		if (!slot || !slot->value)
			continue;
		key.version = slot->version;
		ran += slot_destruct(table, slot, key);
	}
	return ran;
}

static void
count_leftovers(const struct dp_keytable *table)
{
	uint64_t n = 0;

	for (uint32_t index = 0; index < DP_KEYS_MAX; index++) {
		const struct slot *slot =
			slot_find(table, (struct dp_key){ index, 0 });

		n += slot && slot->value;
	}
	/* Y5 relaxed: a number. */
	atomic_fetch_add_explicit(&leftovers, n, memory_order_relaxed);
}

/*
 * The destructors have the table as a fiber would that inherits it: what they
 * set over values that they did not read destructs those.
 */
void
dp__table_destruct(void *memory, void *source)
{
	struct dp_keytable *table = memory;
	unsigned pass = 0;

	dp__table_lend(table, source);
	while (destruct_values(table) > 0 && ++pass < DP_KEYTABLE_PASSES)
		;
	if (pass == DP_KEYTABLE_PASSES)
		count_leftovers(table);
	for (unsigned i = 0; i < TABLE_SUBS; i++)
		if (table->subs[i])
			dp__source_free(source, table->subs[i]);
}

uint64_t
dp_keytable_leftovers(void)
{
	/* Y6 relaxed: a number. */
	return atomic_load_explicit(&leftovers, memory_order_relaxed);
}
