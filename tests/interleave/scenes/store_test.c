/* SPDX-License-Identifier: MIT */
/* The store: magazines made and freed, slots used again, segments added. */
#include <string.h>

#include "checker/arena.h"
#include "checker/interleave.h"
#include "lending.h"
#include "shared/store.h"

static struct source source;
static struct store store;
static struct stack stack;
static struct stack other;
static struct magazine *kept[3];

static struct magazine *
make(void)
{
	struct magazine *m = dp__store_make(&store);

	lending_add(m->body);
	return m;
}

static void
give_up(struct magazine *m)
{
	lending_remove(m->body);
	dp__store_free(&store, m);
}

static void
begin(void)
{
	struct dp_config config = { .object_size = 8, .object_align = 8 };

	lending_begin();
	memset(&store, 0, sizeof(store));
	dp__source_init(&source, &config);
	dp__store_init(&store, &source, 2);
	atomic_init(&stack.head, 0);
	atomic_init(&other.head, 0);
}

/* --- What threads do ------------------------------------------------------ */

static void
make_one(void *unused)
{
	(void)unused;
	make();
}

static void
make_and_free(void *unused)
{
	(void)unused;
	give_up(make());
}

static void
make_two_and_free(void *unused)
{
	(void)unused;
	struct magazine *a = make();
	struct magazine *b = make();

	give_up(a);
	give_up(b);
}

static void
walk(void *unused)
{
	(void)unused;
	INTERLEAVE_REQUIRE(stack_objects(&stack, &store.table) <= 4);
}

static void
take_and_free(void *unused)
{
	(void)unused;
	uint32_t retries;
	struct magazine *m = stack_pop(&stack, &store.table, &retries);

	if (m) {
		lending_claim(m->body, 0);
		give_up(m);
	}
}

/* What the walk is at gets to lie on a slot of a new segment. */
static void
move_onto_new(void *unused)
{
	(void)unused;
	uint32_t retries;
	struct magazine *m = stack_pop(&stack, &store.table, &retries);

	stack_push(&other, &store.table, make());
	stack_push(&other, &store.table, m);
}

/* --- Scenes --------------------------------------------------------------- */

static void
grown(void)
{
	begin();
	interleave_start(make_one, NULL);
	interleave_start(make_one, NULL);
	interleave_start(make_one, NULL);
}

static void
used_again(void)
{
	begin();
	for (int i = 0; i < 3; i++)
		kept[i] = make();
	for (int i = 0; i < 3; i++)
		give_up(kept[i]);
	interleave_start(make_and_free, NULL);
	interleave_start(make_two_and_free, NULL);
}

static void
made_and_freed(void)
{
	begin();
	interleave_start(make_and_free, NULL);
	interleave_start(make_and_free, NULL);
	interleave_start(make_one, NULL);
}

/* Who is slow to take a slot reads it when it is long freed. */
static void
freed(void)
{
	begin();
	for (int i = 0; i < 2; i++) {
		kept[i] = make();
		stack_push(&stack, &store.table, kept[i]);
	}
	interleave_start(take_and_free, NULL);
	interleave_start(take_and_free, NULL);
}

static void
walked(void)
{
	begin();
	for (int i = 0; i < 2; i++) {
		kept[i] = make();
		magazine_set_count(kept[i], 2);
		stack_push(&stack, &store.table, kept[i]);
	}
	/* The next slot is the first one of a segment. */
	make();
	interleave_start(walk, NULL);
	interleave_start(move_onto_new, NULL);
}

/* Each slot has a body or is unused, and nothing stays behind. */
static void
end(void)
{
	struct magazine *m;
	uint32_t retries, unused = 0, bodies = 0;

	for (uint32_t i = 1; i <= dp__store_slots(&store); i++)
		bodies += magazine_at(&store.table, i)->body != NULL;
	while ((m = stack_pop(&store.unused, &store.table, &retries))) {
		INTERLEAVE_REQUIRE(!m->body);
		unused++;
	}
	INTERLEAVE_REQUIRE(unused + bodies == dp__store_slots(&store));
	INTERLEAVE_REQUIRE(bodies == lending_things());
	dp__store_fini(&store);
	INTERLEAVE_REQUIRE(arena_blocks() == 0);
}

int
main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "grown", grown, end, { 2, 1, 0 } },
		{ "used-again", used_again, end, { 2, 1, 0 } },
		{ "made-and-freed", made_and_freed, end, { 2, 1, 0 } },
		{ "freed", freed, end, { 2, 1, 1 } },
		{ "walked", walked, end, { 2, 2, 0 } },
	};

	return interleave_main(argc, argv, scenes,
			       sizeof(scenes) / sizeof(scenes[0]));
}
