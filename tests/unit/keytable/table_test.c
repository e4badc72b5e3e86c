/* SPDX-License-Identifier: MIT */
/*
 * Tables without a pool of ours: a list of free tables, linked through their
 * first words, lends them by the functions of table.h alone.
 */
#include "keytable/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/harness.h"
#include "keytable/keys.h"

/* Invariant: free tables are linked; made - destructed values exist. */
static struct store {
	struct source source;
	void *first;
	struct dp_key key;
	unsigned destructed;
} store;

static void
count(void *value, struct dp_keytable *table)
{
	(void)value;
	(void)table;
	store.destructed++;
}

static int
set_scene(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	memset(&store, 0, sizeof(store));
	config.object_size = sizeof(struct dp_keytable);
	dp__source_init(&store.source, &config);
	return dp_key_create(&store.key, count);
}

static struct dp_keytable *
lend(void)
{
	struct dp_keytable *table = store.first;

	if (table) {
		memcpy(&store.first, table, sizeof(store.first));
	} else {
		table = malloc(sizeof(*table));
		assert_non_null(table);
		assert_int_equal(dp__table_construct(table, &store.source), 0);
	}
	dp__table_lend(table, &store.source);
	return table;
}

static void
take_back(struct dp_keytable *table)
{
	assert_int_equal(dp__table_take_back(table), 0);
	memcpy(table, &store.first, sizeof(store.first));
	store.first = table;
}

static int
clear_scene(void **state)
{
	(void)state;
	while (store.first) {
		void *table = store.first;

		memcpy(&store.first, table, sizeof(store.first));
		dp__table_destruct(table, &store.source);
		free(table);
	}
	dp__source_fini(&store.source);
	return dp_key_delete(store.key);
}

static void *
read_value(struct dp_keytable *table)
{
	void *value = &value;

	assert_int_equal(dp__table_read(table, store.key, &value), 0);
	return value;
}

static void
values_survive_a_link_through_the_first_word(void **state)
{
	struct dp_keytable *a = lend();
	struct dp_keytable *b = lend();
	int values[2];

	(void)state;
	assert_true(table_is_of(a, &store.source));
	assert_int_equal(dp__table_write(a, store.key, &values[0]), 0);
	assert_int_equal(dp__table_write(b, store.key, &values[1]), 0);
	take_back(a);
	take_back(b);
	assert_ptr_equal(lend(), b);
	assert_ptr_equal(lend(), a);
	assert_ptr_equal(read_value(a), &values[0]);
	assert_ptr_equal(read_value(b), &values[1]);
	take_back(a);
	take_back(b);
	assert_int_equal(store.destructed, 0);
	clear_scene(NULL);
	assert_int_equal(store.destructed, 2);
	set_scene(NULL);
}

static void
slots_are_made_when_one_is_written(void **state)
{
	struct dp_keytable *table = lend();
	int value;

	(void)state;
	assert_null(read_value(table));
	assert_int_equal(dp__table_write(table, store.key, NULL), 0);
	for (unsigned i = 0; i < TABLE_SUBS; i++)
		assert_null(table->subs[i]);
	assert_int_equal(dp__table_write(table, store.key, &value), 0);
	for (unsigned i = 0; i < TABLE_SUBS; i++)
		assert_int_equal(!table->subs[i],
				 i != store.key.index / SUB_SLOTS);
	take_back(table);
}

/* By hand, as it would take 2^32 fibers. */
static void
value_of_a_round_long_ago_is_inherited(void **state)
{
	struct dp_keytable *table = lend();
	uint32_t round = table->round;
	int first, second;

	(void)state;
	assert_int_equal(dp__table_write(table, store.key, &first), 0);
	take_back(table);
	table->round = UINT32_MAX;
	for (uint32_t i = 0; i < round; i++) {
		assert_ptr_equal(lend(), table);
		if (i + 1 < round)
			take_back(table);
	}
	assert_int_equal(table->round, round);
	assert_int_equal(dp__table_write(table, store.key, &second), 0);
	assert_int_equal(store.destructed, 1);
	take_back(table);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_scene, clear_scene)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(values_survive_a_link_through_the_first_word),
		EACH(slots_are_made_when_one_is_written),
		EACH(value_of_a_round_long_ago_is_inherited),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
