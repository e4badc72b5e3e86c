/* SPDX-License-Identifier: MIT */
/* A park: its owner leaves magazines and comes back, others take them over. */
#include <string.h>

#include "checker/arena.h"
#include "checker/interleave.h"
#include "lending.h"
#include "shared/park.h"

#define M 2u
#define TAKERS 2u

static struct park *park;
static struct magazine *mine[PARK_PLACES];
/* Empty ones, each its taker's. */
static struct magazine *spare[TAKERS];
static unsigned n_objects;

/* A magazine of the caller's with n new objects. */
static struct magazine *
make(uint32_t n)
{
	struct magazine *m = arena_alloc(sizeof(*m), _Alignof(struct magazine));

	memset(m, 0, sizeof(*m));
	m->body = arena_alloc(M * sizeof(*m->body), sizeof(*m->body));
	for (uint32_t i = 0; i < n; i++) {
		m->body[i] = arena_alloc(LENDING_BYTES, LENDING_BYTES);
		lending_add(m->body[i]);
		lending_put(m->body[i]);
	}
	magazine_set_count(m, n);
	return m;
}

static void
take_objects(const struct magazine *m)
{
	for (uint32_t i = 0; i < magazine_count(m); i++)
		lending_take(m->body[i]);
}

static void
put_objects(const struct magazine *m)
{
	for (uint32_t i = 0; i < magazine_count(m); i++)
		lending_put(m->body[i]);
}

/* --- What threads do ------------------------------------------------------ */

static void
leave(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < PARK_PLACES; i++)
		park_leave(park, i, mine[i]);
}

/* What it has it uses, and leaves some of it in another order. */
static void
come_back(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < PARK_PLACES; i++) {
		mine[i] = park_come_back(park, i);
		INTERLEAVE_REQUIRE(mine[i]);
		take_objects(mine[i]);
		put_objects(mine[i]);
		/* Plain: it is the owner's, whoever's it was. */
		mine[i]->body[M - 1] = mine[i];
	}
}

static void
make_and_leave(void *unused)
{
	mine[0] = make(M - 1);
	mine[1] = make(M - 1);
	leave(unused);
}

static void
leave_and_come_back(void *unused)
{
	make_and_leave(unused);
	come_back(unused);
}

static void
leave_again(void *unused)
{
	leave_and_come_back(unused);
	leave(unused);
}

/* With an empty magazine that it had used before. */
static void
take_over(void *taker)
{
	struct magazine **empty = taker;

	*empty = make(0);
	(*empty)->body[M - 1] = *empty;
	for (unsigned i = 0; i < PARK_PLACES; i++) {
		struct magazine *m = park_take_over(park, i, *empty);

		if (!m)
			continue;
		take_objects(m);
		magazine_set_count(m, 0);
		m->body[M - 1] = m;
		*empty = m;
	}
}

static void
count(void *unused)
{
	(void)unused;
	INTERLEAVE_REQUIRE(park_objects(park) <= PARK_PLACES * (M - 1));
}

/* --- Scenes --------------------------------------------------------------- */

static void
begin(void)
{
	lending_begin();
	park = arena_alloc(sizeof(*park), _Alignof(struct park));
	memset(park, 0, sizeof(*park));
	n_objects = PARK_PLACES * (M - 1);
}

static void
left(void)
{
	begin();
	interleave_start(make_and_leave, NULL);
	interleave_start(take_over, &spare[0]);
}

static void
left_and_back(void)
{
	begin();
	interleave_start(leave_and_come_back, NULL);
	interleave_start(take_over, &spare[0]);
}

static void
left_again(void)
{
	begin();
	interleave_start(leave_again, NULL);
	interleave_start(take_over, &spare[0]);
}

static void
two_takers(void)
{
	begin();
	interleave_start(leave_and_come_back, NULL);
	interleave_start(take_over, &spare[0]);
	interleave_start(take_over, &spare[1]);
}

static void
counted(void)
{
	begin();
	interleave_start(make_and_leave, NULL);
	interleave_start(take_over, &spare[0]);
	interleave_start(count, NULL);
}

/* What was not taken over is still there. */
static void
end(void)
{
	unsigned held = lending_held();

	INTERLEAVE_REQUIRE(held + park_objects(park) <= n_objects);
	for (unsigned i = 0; i < PARK_PLACES; i++) {
		struct magazine *m = park_come_back(park, i);

		if (!m)
			m = mine[i];
		take_objects(m);
	}
	INTERLEAVE_REQUIRE(lending_held() == n_objects);
}

int
main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "left", left, end, { 3, 3, 0 } },
		{ "left-and-back", left_and_back, end, { 3, 2, 0 } },
		{ "left-again", left_again, end, { 3, 2, 0 } },
		{ "two-takers", two_takers, end, { 3, 1, 0 } },
		{ "counted", counted, end, { 2, 2, 0 } },
	};

	return interleave_main(argc, argv, scenes,
			       sizeof(scenes) / sizeof(scenes[0]));
}
