/* SPDX-License-Identifier: MIT */
/* Keys: values among keys that are deleted and made again at the same place. */
#include <string.h>

#include "checker/interleave.h"
#include "keytable/keys.h"

static struct dp_key keys[2];
static char first_value, second_value;
static unsigned first_runs;

static void
destruct_first(void *value, struct dp_keytable *table)
{
	(void)table;
	INTERLEAVE_REQUIRE(value == &first_value);
	first_runs++;
}

static void
destruct_second(void *value, struct dp_keytable *table)
{
	(void)table;
	INTERLEAVE_REQUIRE(value == &second_value);
}

/* --- What threads do ------------------------------------------------------ */

/* A table with a value of the first key is given up. */
static void
give_up(void *unused)
{
	(void)unused;
	bool ran = dp__key_destruct(keys[0], &first_value, NULL);

	INTERLEAVE_REQUIRE(ran == (first_runs == 1));
}

/* The place goes to another key, whose value is destructed as well. */
static void
succeed(void *unused)
{
	(void)unused;
	INTERLEAVE_REQUIRE(dp_key_delete(keys[0]) == 0);
	INTERLEAVE_REQUIRE(dp_key_create(&keys[1], destruct_second) == 0);
	INTERLEAVE_REQUIRE(keys[1].index == keys[0].index);
	INTERLEAVE_REQUIRE(!dp__key_exists(keys[0]));
	INTERLEAVE_REQUIRE(dp__key_destruct(keys[1], &second_value, NULL));
}

static void
make(void *key)
{
	INTERLEAVE_REQUIRE(dp_key_create(key, destruct_second) == 0);
	INTERLEAVE_REQUIRE(dp__key_exists(*(struct dp_key *)key));
}

static void
delete_first(void *deleted)
{
	*(uint64_t *)deleted = dp_key_delete(keys[0]) == 0;
}

/* --- Scenes --------------------------------------------------------------- */

static uint64_t deleted[2]; /* bytes would share a word */

static void
begin(void)
{
	memset(dp__keys, 0, sizeof(dp__keys));
	memset(keys, 0, sizeof(keys));
	first_runs = 0;
	INTERLEAVE_REQUIRE(dp_key_create(&keys[0], destruct_first) == 0);
}

static void
succession(void)
{
	begin();
	interleave_start(give_up, NULL);
	interleave_start(succeed, NULL);
}

/* The first key is there, and two more are made. */
static void
two_makers(void)
{
	static struct dp_key third;

	begin();
	interleave_start(make, &keys[1]);
	interleave_start(make, &third);
	interleave_start(give_up, NULL);
}

static void
two_deleters(void)
{
	begin();
	interleave_start(delete_first, &deleted[0]);
	interleave_start(delete_first, &deleted[1]);
}

/* As many places are taken as keys exist: no two of them are one. */
static unsigned
taken(void)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < 4; i++)
		n += dp__key_exists((struct dp_key){ i, 1 }) ||
		     dp__key_exists((struct dp_key){ i, 3 });
	return n;
}

static void
one_is_left(void)
{
	INTERLEAVE_REQUIRE(taken() == 1);
	INTERLEAVE_REQUIRE(dp__key_exists(keys[1]));
}

static void
three_are_left(void)
{
	INTERLEAVE_REQUIRE(taken() == 3);
}

static void
none_is_left(void)
{
	INTERLEAVE_REQUIRE(taken() == 0);
	INTERLEAVE_REQUIRE(deleted[0] != deleted[1]);
}

int
main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "succession", succession, one_is_left, { 3, 3, 0 } },
		{ "two-makers", two_makers, three_are_left, { 2, 1, 0 } },
		{ "two-deleters", two_deleters, none_is_left, { 3, 2, 0 } },
	};

	return interleave_main(argc, argv, scenes,
			       sizeof(scenes) / sizeof(scenes[0]));
}
