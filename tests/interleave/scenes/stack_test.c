/* SPDX-License-Identifier: MIT */
/* The tagged stack, pool/shared/stack.h, over a table of one segment. */
#include <string.h>

#include "emptiness.h"
#include "lending.h"
#include "shared/stack.h"

#define SLOTS 4u

static struct stack stack;
static struct stack other;
static struct magazine_table table;
static struct magazine slots[MAGAZINE_FIRST];

/* Slots 1 to n on the stack, the first one on top. */
static void
begin(uint32_t n)
{
	memset(&table, 0, sizeof(table));
	memset(slots, 0, sizeof(slots));
	atomic_init(&stack.head, 0);
	atomic_init(&other.head, 0);
	atomic_init(&table.segments[0], slots);
	lending_begin();
	for (uint32_t i = SLOTS; i > 0; i--) {
		slots[i - 1].index = i;
		lending_add(&slots[i - 1].body);
		if (i <= n) {
			lending_put(&slots[i - 1].body);
			stack_push(&stack, &table, &slots[i - 1]);
		}
	}
	emptiness_begin();
	emptiness_watch(&stack, n);
}

static struct magazine *
pop(struct stack *from)
{
	struct clock call = emptiness_call();
	uint32_t retries;
	struct magazine *m = stack_pop(from, &table, &retries);

	if (m)
		lending_take(&m->body);
	else if (from == &stack)
		emptiness_answer(&call);
	return m;
}

static void
push(struct stack *to, struct magazine *m)
{
	if (!m)
		return;
	lending_put(&m->body);
	stack_push(to, &table, m);
}

/* A slot that begin() left in the hand of thread 0. */
static void
push_new(struct stack *to, uint32_t index)
{
	lending_claim(&slots[index - 1].body, 0);
	push(to, &slots[index - 1]);
}

/* --- What threads do ----------------------------------------------------- */

static void
pop_push(void *unused)
{
	(void)unused;
	push(&stack, pop(&stack));
}

static void
pop_pop_push_push(void *unused)
{
	(void)unused;
	struct magazine *a = pop(&stack);
	struct magazine *b = pop(&stack);

	push(&stack, a);
	push(&stack, b);
}

static void
pop_only(void *unused)
{
	(void)unused;
	pop(&stack);
}

static void
push_3(void *unused)
{
	(void)unused;
	push_new(&stack, 3);
}

/* The only slot goes, and comes back on top of another one. */
static void
pop_push_push(void *unused)
{
	(void)unused;
	struct magazine *m = pop(&stack);

	push_new(&stack, 3);
	push(&stack, m);
}

static void
push_4(void *unused)
{
	(void)unused;
	push_new(&stack, 4);
}

/* Its slots change between two stacks of different depths. */
static void
move_over(void *unused)
{
	(void)unused;
	push(&other, pop(&stack));
	push(&other, pop(&stack));
	push(&stack, pop(&other));
}

static void
ask_depth(void *unused)
{
	(void)unused;
	struct clock call = emptiness_call();

	emptiness_depth(&call, stack_depth(&stack, &table));
}

static void
ask_objects(void *unused)
{
	(void)unused;
	INTERLEAVE_REQUIRE(stack_objects(&stack, &table) <= SLOTS);
}

/* --- Scenes -------------------------------------------------------------- */

static void
aba(void)
{
	begin(3);
	interleave_start(pop_push, NULL);
	interleave_start(pop_pop_push_push, NULL);
}

static void
three(void)
{
	begin(3);
	interleave_start(pop_push, NULL);
	interleave_start(pop_pop_push_push, NULL);
	interleave_start(pop_push, NULL);
}

static void
emptied(void)
{
	begin(1);
	interleave_start(pop_push, NULL);
	interleave_start(pop_push, NULL);
	interleave_start(pop_only, NULL);
}

static void
refilled(void)
{
	begin(1);
	interleave_start(pop_push, NULL);
	interleave_start(pop_push_push, NULL);
}

static void
given(void)
{
	begin(1);
	interleave_start(push_3, NULL);
	interleave_start(push_4, NULL);
	interleave_start(pop_only, NULL);
}

static void
depth(void)
{
	begin(2);
	interleave_start(ask_depth, NULL);
	interleave_start(pop_pop_push_push, NULL);
	interleave_start(push_3, NULL);
}

static void
depth_moved(void)
{
	begin(1);
	for (uint32_t i = 2; i <= SLOTS; i++)
		push_new(&other, i);
	interleave_start(ask_depth, NULL);
	interleave_start(move_over, NULL);
}

static void
walk(void)
{
	begin(3);
	push_new(&other, 4);
	interleave_start(ask_objects, NULL);
	interleave_start(move_over, NULL);
	interleave_start(pop_push, NULL);
}

/* Every slot is in one hand or on one stack, and each stack knows its depth. */
static void
end(void)
{
	struct stack *both[] = { &stack, &other };

	for (int i = 0; i < 2; i++) {
		uint32_t deep = stack_depth(both[i], &table), retries;
		struct magazine *m;

		for (; (m = stack_pop(both[i], &table, &retries)); deep--)
			lending_take(&m->body);
		INTERLEAVE_REQUIRE(deep == 0);
	}
	INTERLEAVE_REQUIRE(lending_held() == SLOTS);
}

int
main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "aba", aba, end, { 3, 1, 1 } },
		{ "three", three, end, { 2, 1, 0 } },
		{ "emptied", emptied, end, { 2, 1, 1 } },
		{ "refilled", refilled, end, { 3, 1, 1 } },
		{ "given", given, end, { 2, 1, 0 } },
		{ "depth", depth, end, { 2, 1, 0 } },
		{ "depth-moved", depth_moved, end, { 2, 2, 0 } },
		{ "walk", walk, end, { 2, 1, 0 } },
	};

	return interleave_main(argc, argv, scenes,
			       sizeof(scenes) / sizeof(scenes[0]));
}
