/* SPDX-License-Identifier: MIT */
/* What is reserved: never told to be less than it is, and given back once. */
#include "shared/reserve.h"

#include <stdbool.h>

#include "checker/interleave.h"

#define RESERVED 3u

static struct reserve reserve;
static _Atomic bool is_there;

/* --- What threads do ------------------------------------------------------ */

static void
reserve_some(void *unused)
{
	(void)unused;
	reserve_begin(&reserve, RESERVED);
	/* X3 release: pairs with X4.  As an object that is given. */
	atomic_store_explicit(&is_there, true, memory_order_release);
	reserve_end(&reserve, RESERVED);
}

/* Who has got one of the objects finds all of them reserved. */
static void
look(void *unused)
{
	(void)unused;
	/* X4 acquire: pairs with X3.  As an object that is taken. */
	if (atomic_load_explicit(&is_there, memory_order_acquire))
		INTERLEAVE_REQUIRE(reserve_objects(&reserve) >= RESERVED);
}

static void
give_up(void *unused)
{
	(void)unused;
	reserve_give_back(&reserve, 1);
}

static void
give_up_all(void *unused)
{
	(void)unused;
	reserve_give_back(&reserve, RESERVED + 1);
}

/* --- Scenes --------------------------------------------------------------- */

static void
begin(void)
{
	reserve_init(&reserve);
	atomic_init(&is_there, false);
}

static void
told(void)
{
	begin();
	interleave_start(reserve_some, NULL);
	interleave_start(look, NULL);
}

static void
given_back(void)
{
	begin();
	reserve_begin(&reserve, RESERVED);
	reserve_end(&reserve, RESERVED);
	interleave_start(give_up, NULL);
	interleave_start(give_up, NULL);
	interleave_start(reserve_some, NULL);
}

/* What is coming stays, whatever is given up. */
static void
kept(void)
{
	begin();
	reserve_begin(&reserve, RESERVED);
	interleave_start(give_up_all, NULL);
	interleave_start(give_up, NULL);
}

static void
end_told(void)
{
	INTERLEAVE_REQUIRE(reserve_objects(&reserve) == RESERVED);
}

static void
end_given_back(void)
{
	INTERLEAVE_REQUIRE(reserve_objects(&reserve) == 2 * RESERVED - 2);
}

int
main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "told", told, end_told, { 3, 3, 0 } },
		{ "given-back", given_back, end_given_back, { 3, 2, 1 } },
		{ "kept", kept, end_told, { 3, 3, 1 } },
	};

	return interleave_main(argc, argv, scenes,
			       sizeof(scenes) / sizeof(scenes[0]));
}
