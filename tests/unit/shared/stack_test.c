/* SPDX-License-Identifier: MIT */
/*
 * Slots, tags and stacks.  Compiled three times: as shipped, with tags of two
 * bits, and with tags that do not change, which must be seen to go wrong.
 */
#include "support/intruder.h"
#include "shared/stack.h"

#include "support/harness.h"
#include "base/random.h"

#define TURNS HARNESS_LOAD(400000)
#define N_MAGAZINES 24
#define N_STACKS 2

/* Runs once, when the countdown gets to 0: 0 is never. */
static void (*intruder)(void);
static unsigned countdown;

static void
intruder_point(void)
{
	if (countdown && --countdown == 0)
		intruder();
}

/* Everything lies in the first segment. */
static struct magazine slots[MAGAZINE_FIRST];
static struct magazine_table table;

static void
table_reset(void)
{
	for (uint32_t i = 0; i < MAGAZINE_FIRST; i++)
		slots[i] = (struct magazine){ .index = i + 1 };
	atomic_init(&table.segments[0], slots);
}

static struct magazine *
pop(struct stack *s)
{
	uint32_t retries;

	return stack_pop(s, &table, &retries);
}

/* --- Slots and tags ----------------------------------------------------- */

static void
an_index_names_its_slot_at_every_segments_ends(void **state)
{
	uint64_t first = 1;

	(void)state;
	for (unsigned s = 0; s < MAGAZINE_SEGMENTS; s++) {
		uint64_t length = (uint64_t)MAGAZINE_FIRST << s;
		struct magazine_place head = magazine_place((uint32_t)first);

		assert_int_equal(head.segment, s);
		assert_int_equal(head.offset, 0);
		if (first + length - 1 > MAGAZINE_INDEX_MAX)
			break;
		struct magazine_place tail =
			magazine_place((uint32_t)(first + length - 1));

		assert_int_equal(tail.segment, s);
		assert_int_equal(tail.offset, length - 1);
		first += length;
	}
	struct magazine_place last = magazine_place(MAGAZINE_INDEX_MAX);

	assert_int_equal(last.segment, MAGAZINE_SEGMENTS - 1);
}

static void
indices_in_turn_are_slots_in_turn(void **state)
{
	struct magazine_place before = magazine_place(1);

	(void)state;
	for (uint32_t index = 2; index < 1u << 20; index++) {
		struct magazine_place place = magazine_place(index);

		if (place.segment == before.segment) {
			assert_int_equal(place.offset, before.offset + 1);
		} else {
			assert_int_equal(place.segment, before.segment + 1);
			assert_int_equal(place.offset, 0);
		}
		before = place;
	}
}

static void
a_slot_of_a_segment_to_come_is_not_found(void **state)
{
	(void)state;
	table_reset();
	assert_ptr_equal(magazine_find(&table, MAGAZINE_FIRST),
			 &slots[MAGAZINE_FIRST - 1]);
	assert_null(magazine_find(&table, MAGAZINE_FIRST + 1));
}

static void
a_word_keeps_index_and_tag_apart(void **state)
{
	static const uint32_t values[] = { 0, 1, 0x7fffffff, 0x80000000,
					   0xffffffff };
	const size_t n = sizeof(values) / sizeof(values[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			uint64_t word = tag_pack(values[i], values[j]);

			assert_int_equal(tag_index(word), values[i]);
			assert_int_equal(tag_of(word), values[j]);
		}
}

static void
a_tag_wraps_after_its_last_value(void **state)
{
	uint32_t last = (uint32_t)((UINT64_C(1) << TAG_BITS) - 1);

	(void)state;
	assert_int_equal(tag_next(0), TAG_STEP);
	assert_int_equal(tag_next(last), TAG_STEP ? 0 : last);
}

/* --- One thread --------------------------------------------------------- */

static void
the_last_pushed_is_popped_first(void **state)
{
	struct stack s = { 0 };

	(void)state;
	table_reset();
	for (uint32_t i = 0; i < MAGAZINE_FIRST; i++) {
		assert_int_equal(stack_depth(&s, &table), i);
		assert_int_equal(stack_push(&s, &table, &slots[i]), 0);
	}
	for (uint32_t i = MAGAZINE_FIRST; i-- > 0;) {
		assert_int_equal(stack_depth(&s, &table), i + 1);
		assert_ptr_equal(pop(&s), &slots[i]);
	}
	assert_int_equal(stack_depth(&s, &table), 0);
	assert_null(pop(&s));
}

static void
objects_are_the_sum_of_the_counts(void **state)
{
	struct stack s = { 0 };
	uint64_t sum = 0;

	(void)state;
	table_reset();
	for (uint32_t i = 0; i < MAGAZINE_FIRST; i++) {
		assert_int_equal(stack_objects(&s, &table), sum);
		magazine_set_count(&slots[i], i * i);
		sum += i * i;
		stack_push(&s, &table, &slots[i]);
	}
	assert_int_equal(stack_objects(&s, &table), sum);
}

static void
only_removals_change_the_tag(void **state)
{
	struct stack s = { 0 };
	uint64_t before = 0, after = 0;

	(void)state;
	table_reset();
	assert_true(stack_scan(&s, &before));
	stack_push(&s, &table, &slots[0]);
	assert_false(stack_scan(&s, &after));
	assert_int_equal(before, after);
	pop(&s);
	after = 0;
	assert_true(stack_scan(&s, &after));
	assert_int_equal(after, tag_next((uint32_t)before));
}

/* --- Another thread in between ------------------------------------------ */

/* A, B and C from the top, N to push; what the intruder does and keeps. */
static struct stack stack_abc;
static unsigned n_removals;
static struct magazine *kept;

/* The head's index comes back over another slot: A, C instead of A, B, C. */
static void
intrude_and_restore_the_top(void)
{
	struct magazine *a = pop(&stack_abc);

	kept = pop(&stack_abc);
	stack_push(&stack_abc, &table, a);
	for (unsigned i = 2; i < n_removals; i++)
		stack_push(&stack_abc, &table, pop(&stack_abc));
}

/* Is each slot in one place, and does the stack know how deep it is? */
static bool
is_whole(const struct magazine *popped, uint32_t n_slots)
{
	unsigned seen[MAGAZINE_FIRST + 1] = { 0 };
	struct magazine *m;
	bool whole = true;

	if (popped)
		seen[popped->index]++;
	if (kept)
		seen[kept->index]++;
	for (uint32_t i = 0; i <= n_slots; i++) {
		uint32_t depth = stack_depth(&stack_abc, &table);

		m = pop(&stack_abc);
		if (!m)
			break;
		seen[m->index]++;
		whole = whole && depth == stack_depth(&stack_abc, &table) + 1;
	}
	for (uint32_t i = 1; i <= n_slots; i++)
		whole = whole && seen[i] == 1;
	return whole;
}

/* Returns whether the intruder broke a push or pop at any of its steps. */
static bool
is_fooled(bool push)
{
	bool fooled = false;

	intruder = intrude_and_restore_the_top;
	for (unsigned step = 1;; step++) {
		struct magazine *popped = NULL;

		table_reset();
		stack_abc = (struct stack){ 0 };
		kept = NULL;
		for (unsigned i = 3; i-- > 0;)
			stack_push(&stack_abc, &table, &slots[i]);
		countdown = step;
		if (push)
			stack_push(&stack_abc, &table, &slots[3]);
		else
			popped = pop(&stack_abc);
		if (countdown) {
			countdown = 0;
			assert_true(step > 5);
			return fooled;
		}
		/* There always was something to pop. */
		assert_true(push || popped);
		fooled = !is_whole(popped, push ? 4 : 3) || fooled;
	}
}

static void
a_head_that_comes_back_fools_only_if_its_tag_does(void **state)
{
	(void)state;
	for (n_removals = 2; n_removals <= 17; n_removals++) {
		uint64_t steps = (uint64_t)n_removals * TAG_STEP;
		bool repeats = steps % (UINT64_C(1) << TAG_BITS) == 0;

		assert_int_equal(is_fooled(false), repeats);
		assert_int_equal(is_fooled(true), repeats);
	}
}

/* --- Many threads ------------------------------------------------------- */

#if TAG_STEP == 1 && TAG_BITS == 32

struct crowd {
	struct stack stacks[N_STACKS];
	_Atomic uint32_t holders[MAGAZINE_FIRST + 1];
};

/* TS1 relaxed: the oracle must not order what the stack must. */
static void
crowd_hold(struct crowd *crowd, const struct magazine *m, uint32_t from,
	   uint32_t to)
{
	harness_equal("holder of a magazine", from,
		      atomic_exchange_explicit(&crowd->holders[m->index], to,
					       memory_order_relaxed));
}

static void
crowd_work(void *context, unsigned index)
{
	struct crowd *crowd = context;
	uint64_t random = random_seed(harness_seed(), index);

	for (unsigned i = 0; i < TURNS; i++) {
		uint64_t dice = random_next(&random);
		struct magazine *m = pop(&crowd->stacks[dice % N_STACKS]);

		if (!m)
			continue;
		crowd_hold(crowd, m, 0, index + 1);
		/* Plain: a hand-over that is lost is a data race. */
		harness_equal("body of a magazine", m->index,
			      (uintptr_t)m->body);
		m->body = NULL;
		m->body = (void **)(uintptr_t)m->index;
		crowd_hold(crowd, m, index + 1, 0);
		stack_push(&crowd->stacks[dice / N_STACKS % N_STACKS], &table,
			   m);
	}
}

static void
many_threads_lose_and_double_nothing(void **state)
{
	static struct crowd crowd;
	unsigned n = 0;

	(void)state;
	table_reset();
	for (unsigned i = 0; i < N_MAGAZINES; i++) {
		slots[i].body = (void **)(uintptr_t)slots[i].index;
		stack_push(&crowd.stacks[i % N_STACKS], &table, &slots[i]);
	}
	harness_race(2 * harness_cpus(), crowd_work, &crowd);
	for (unsigned i = 0; i < N_STACKS; i++) {
		struct stack *s = &crowd.stacks[i];

		for (uint32_t depth = stack_depth(s, &table); depth; depth--) {
			assert_int_equal(stack_depth(s, &table), depth);
			crowd_hold(&crowd, pop(s), 0, 1);
			n++;
		}
		assert_null(pop(s));
	}
	assert_int_equal(n, N_MAGAZINES);
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_index_names_its_slot_at_every_segments_ends),
		cmocka_unit_test(indices_in_turn_are_slots_in_turn),
		cmocka_unit_test(a_slot_of_a_segment_to_come_is_not_found),
		cmocka_unit_test(a_word_keeps_index_and_tag_apart),
		cmocka_unit_test(a_tag_wraps_after_its_last_value),
		cmocka_unit_test(the_last_pushed_is_popped_first),
		cmocka_unit_test(objects_are_the_sum_of_the_counts),
		cmocka_unit_test(only_removals_change_the_tag),
		cmocka_unit_test(
			a_head_that_comes_back_fools_only_if_its_tag_does),
#if TAG_STEP == 1 && TAG_BITS == 32
		cmocka_unit_test(many_threads_lose_and_double_nothing),
#endif
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
