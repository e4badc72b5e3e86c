/* SPDX-License-Identifier: MIT */
/* The benchmark's deque, bench/fibers/deque.h: each item is had once. */
#include "fibers/deque.h"
#include "checker/interleave.h"
#include "lending.h"

#define ITEMS 2u
#define SLOTS 2u

static struct deque deque;
static _Atomic(void *) slots[SLOTS];
/* Written by who has one, so that a missing order is a race. */
static uint64_t items[ITEMS];

/* The first n items are in it. */
static void
begin(unsigned n)
{
	deque_init(&deque, slots, SLOTS - 1);
	lending_begin();
	for (unsigned i = 0; i < n; i++) {
		lending_add(&items[i]);
		lending_put(&items[i]);
		deque_push(&deque, &items[i]);
	}
}

static bool
take(void *item)
{
	if (item == NULL)
		return false;
	lending_take(item);
	return true;
}

/* --- What threads do ----------------------------------------------------- */

static void
pop(void *unused)
{
	(void)unused;
	take(deque_pop(&deque));
}

static void
pop_twice(void *unused)
{
	pop(unused);
	pop(unused);
}

static void
steal(void *unused)
{
	(void)unused;
	take(deque_steal(&deque));
}

/* Its place is used again, round the end of the slots. */
static void
pop_push_pop(void *unused)
{
	void *item = deque_pop(&deque);

	if (take(item)) {
		lending_put(item);
		deque_push(&deque, item);
	}
	pop(unused);
}

/* Who pops nothing has seen that thieves have had all. */
static void
pop_to_the_end(void *unused)
{
	(void)unused;
	while (take(deque_pop(&deque)))
		;
	INTERLEAVE_REQUIRE(deque_steal(&deque) == NULL);
}

/* --- Scenes -------------------------------------------------------------- */

/* The owner and thieves; of one item only one of them has it. */
static void
last(void)
{
	begin(1);
	interleave_start(pop, NULL);
	interleave_start(steal, NULL);
	interleave_start(steal, NULL);
}

static void
both_ends(void)
{
	begin(2);
	interleave_start(pop_twice, NULL);
	interleave_start(steal, NULL);
	interleave_start(steal, NULL);
}

static void
again(void)
{
	begin(2);
	interleave_start(pop_push_pop, NULL);
	interleave_start(steal, NULL);
	interleave_start(steal, NULL);
}

static void
drained(void)
{
	begin(2);
	interleave_start(pop_to_the_end, NULL);
	interleave_start(steal, NULL);
}

/* Nothing is lost: what was not had is still there. */
static void
end(void)
{
	unsigned left = lending_things() - lending_held();

	for (unsigned i = 0; i < left; i++)
		INTERLEAVE_REQUIRE(take(deque_pop(&deque)));
	INTERLEAVE_REQUIRE(deque_pop(&deque) == NULL);
	INTERLEAVE_REQUIRE(deque_steal(&deque) == NULL);
}

int
main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "last", last, end, { 3, 1, 0 } },
		{ "both-ends", both_ends, end, { 3, 1, 0 } },
		{ "again", again, end, { 3, 1, 0 } },
		{ "drained", drained, end, { 4, 2, 0 } },
	};

	return interleave_main(argc, argv, scenes,
			       sizeof(scenes) / sizeof(scenes[0]));
}
