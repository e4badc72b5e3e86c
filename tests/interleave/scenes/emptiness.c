/* SPDX-License-Identifier: MIT */
/*
 * The least cut is looked for: from what the call must have seen, each stack
 * moves on to its next change that left it empty, and the others to what
 * happened before that.  Where that ends at once, all are empty.
 */
#include "emptiness.h"

#include "checker/memory.h"

#define STACKS_MAX 16u
#define CHANGES_MAX 256u

/* Invariant: heads[0] is what the head was when the threads started. */
static struct watched {
	const volatile void *address;
	unsigned n;
	struct change {
		uint64_t head;
		unsigned depth;
		unsigned thread;
		uint32_t stamp;
		struct clock before; /* what happened before, itself too */
	} changes[CHANGES_MAX];
} stacks[STACKS_MAX];
static unsigned n_stacks;

static void
note(const volatile void *address, uint64_t head)
{
	for (unsigned i = 0; i < n_stacks; i++) {
		struct watched *w = &stacks[i];

		if (w->address != address)
			continue;
		if (w->n == CHANGES_MAX)
			interleave_fail("more than %u changes", CHANGES_MAX);
		const struct change *last = &w->changes[w->n - 1];
		bool removes = tag_of(head) != tag_of(last->head);

		w->changes[w->n++] = (struct change){
			.head = head,
			.depth = removes ? last->depth - 1 : last->depth + 1,
			.thread = machine.self,
			.stamp = machine_thread()->clock.of[machine.self],
			.before = machine_thread()->clock,
		};
	}
}

void
emptiness_begin(void)
{
	n_stacks = 0;
	memory_watcher = note;
}

void
emptiness_watch(const struct stack *stack, unsigned depth)
{
	if (n_stacks == STACKS_MAX)
		interleave_fail("more than %u stacks", STACKS_MAX);
	struct watched *w = &stacks[n_stacks++];

	w->address = &stack->head;
	w->changes[0] = (struct change){
		.head = *(const volatile uint64_t *)&stack->head,
		.depth = depth,
	};
	w->n = 1;
}

struct clock
emptiness_call(void)
{
	return machine_thread()->clock;
}

/* On to the last change that happened before; returns whether that moved. */
static bool
raise_to(unsigned *cut, const struct clock *clock)
{
	bool moved = false;

	for (unsigned i = 0; i < n_stacks; i++)
		for (unsigned j = stacks[i].n; j-- > cut[i] + 1;) {
			const struct change *c = &stacks[i].changes[j];

			if (clock_covers(clock, c->thread, c->stamp)) {
				cut[i] = j;
				moved = true;
				break;
			}
		}
	return moved;
}

/* On to where stack i is empty, with all that happened before that. */
static bool
raise_to_empty(unsigned *cut, unsigned i)
{
	const struct watched *w = &stacks[i];
	bool moved = false;

	for (; tag_index(w->changes[cut[i]].head) != 0; moved = true)
		if (++cut[i] == w->n)
			interleave_fail("\"nothing there\" was never so, see "
					"stack %u",
					i);
	for (unsigned j = 1; j <= cut[i]; j++)
		if (raise_to(cut, &w->changes[j].before))
			moved = true;
	return moved;
}

void
emptiness_answer(const struct clock *call)
{
	unsigned cut[STACKS_MAX] = { 0 };
	bool moved = true;

	raise_to(cut, call);
	while (moved) {
		moved = false;
		for (unsigned i = 0; i < n_stacks; i++)
			moved |= raise_to_empty(cut, i);
	}
}

void
emptiness_depth(const struct clock *call, unsigned depth)
{
	unsigned cut[STACKS_MAX] = { 0 };

	raise_to(cut, call);
	for (unsigned j = cut[0]; j < stacks[0].n; j++)
		if (stacks[0].changes[j].depth == depth)
			return;
	interleave_fail("the stack was never %u deep", depth);
}
