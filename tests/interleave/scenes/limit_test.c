/* SPDX-License-Identifier: MIT */
/* Limits: no place is had by two, and none is lost. */
#include "shared/limit.h"

#include <string.h>

#include "checker/interleave.h"

#define PLACES 2u

static struct limit limit;
/* Places that threads have; each thread's own. */
static uint32_t had[THREADS_MAX];

/* --- What threads do ------------------------------------------------------ */

static void
take(void *unused)
{
	(void)unused;
	if (limit_take(&limit, 1))
		had[interleave_self()]++;
}

static void
take_and_give(void *unused)
{
	take(unused);
	if (had[interleave_self()]) {
		had[interleave_self()]--;
		limit_give(&limit, 1);
	}
}

/* --- Scenes --------------------------------------------------------------- */

static void
begin(uint32_t n)
{
	memset(had, 0, sizeof(had));
	limit_init(&limit, PLACES);
	INTERLEAVE_REQUIRE(limit_take(&limit, n));
	had[0] = n;
}

/* Two want what one can have. */
static void
last_place(void)
{
	begin(PLACES - 1);
	interleave_start(take, NULL);
	interleave_start(take, NULL);
}

static void
given_back(void)
{
	begin(0);
	interleave_start(take_and_give, NULL);
	interleave_start(take_and_give, NULL);
	interleave_start(take, NULL);
}

/* As many are taken as threads have, and all others can be. */
static void
end(void)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < THREADS_MAX; i++)
		sum += had[i];
	INTERLEAVE_REQUIRE(sum <= PLACES);
	INTERLEAVE_REQUIRE(limit_take(&limit, PLACES - sum));
	INTERLEAVE_REQUIRE(!limit_take(&limit, 1));
}

/* Who is refused was refused because the other one has it. */
static void
end_last_place(void)
{
	INTERLEAVE_REQUIRE(had[1] + had[2] == 1);
	end();
}

int
main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "last-place", last_place, end_last_place, { 3, 2, 2 } },
		{ "given-back", given_back, end, { 3, 2, 1 } },
	};

	return interleave_main(argc, argv, scenes,
			       sizeof(scenes) / sizeof(scenes[0]));
}
