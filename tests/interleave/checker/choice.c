/* SPDX-License-Identifier: MIT */
/*
 * Every decision is written down, also those with one way only, so that the
 * list means the same under other bounds.
 */
#include "choice.h"

#include <stdlib.h>
#include <string.h>

#define CHOICES_MAX 65536u

struct choice_rule choice_rule;

/*
 * Invariant: at <= n; before `at` are the choices of this execution, after it
 * those that are still to be repeated.
 */
static struct {
	uint8_t taken[CHOICES_MAX];
	uint8_t of[CHOICES_MAX];
	unsigned n;
	unsigned at;
} list;

static uint64_t random_state;
static unsigned change_steps[PCT_DEPTH_MAX];

/* xorshift64, Marsaglia 2003 */
static uint64_t
random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

void
choice_search(const struct choice_rule *rule)
{
	choice_rule = *rule;
	random_state = rule->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	if (rule->search != REPLAY)
		list.n = 0;
}

void
choice_begin(unsigned expected_steps)
{
	list.at = 0;
	if (choice_rule.search == PCT || choice_rule.search == RANDOM)
		list.n = 0;
	for (unsigned i = 0; i < PCT_DEPTH_MAX; i++)
		change_steps[i] =
			1 + (unsigned)(random_next() % (expected_steps + 1));
}

bool
choice_advance(void)
{
	list.n = list.at;
	while (list.n > 0 && list.taken[list.n - 1] + 1 >= list.of[list.n - 1])
		list.n--;
	if (list.n == 0)
		return false;
	list.taken[list.n - 1]++;
	return true;
}

void
choice_restart(void)
{
	list.n = 0;
}

unsigned
choice_record(unsigned n, unsigned taken)
{
	if (list.at == CHOICES_MAX)
		interleave_fail("more than %u choices", CHOICES_MAX);
	if (list.at < list.n) {
		taken = list.taken[list.at];
		if (taken >= n)
			interleave_fail("the scene is not deterministic: "
					"choice %u is %u of %u",
					list.at, taken, n);
	}
	list.taken[list.at] = (uint8_t)taken;
	list.of[list.at] = (uint8_t)n;
	list.at++;
	if (list.n < list.at)
		list.n = list.at;
	return taken;
}

unsigned
choice_take(unsigned n, unsigned percent_default)
{
	unsigned taken = 0;

	if (n > 1 &&
	    (choice_rule.search == PCT || choice_rule.search == RANDOM) &&
	    random_next() % 100 >= percent_default)
		taken = (unsigned)(random_next() % n);
	return choice_record(n, taken);
}

bool
choice_may_preempt(unsigned preemptions)
{
	return choice_rule.search != EXHAUSTIVE ||
	       preemptions < choice_rule.bounds.preemptions;
}

bool
choice_may_be_stale(unsigned stale)
{
	return choice_rule.search != EXHAUSTIVE ||
	       stale < choice_rule.bounds.stale;
}

bool
choice_may_fail(unsigned spurious)
{
	return choice_rule.search != EXHAUSTIVE ||
	       spurious < choice_rule.bounds.spurious;
}

uint64_t
choice_priority(void)
{
	return PCT_DEPTH_MAX + random_next() % 1000000;
}

bool
choice_changes_at(unsigned step, uint64_t *priority)
{
	for (unsigned i = 0; i + 1 < choice_rule.depth; i++)
		if (change_steps[i] == step) {
			*priority = i + 1;
			return true;
		}
	return false;
}

/* Runs of 0, which is the usual choice, are one item: 0*17. */
void
choice_print(FILE *file)
{
	const char *comma = "";

	for (unsigned i = 0, run = 0; i < list.at; i += run) {
		for (run = 0; i + run < list.at && !list.taken[i + run];)
			run++;
		if (run > 1) {
			fprintf(file, "%s0*%u", comma, run);
		} else {
			fprintf(file, "%s%u", comma, list.taken[i]);
			run = 1;
		}
		comma = ",";
	}
}

bool
choice_parse(const char *word)
{
	list.n = 0;
	while (*word) {
		char *end;
		unsigned long taken = strtoul(word, &end, 10), times = 1;

		if (end == word || taken >= UINT8_MAX)
			return false;
		if (*end == '*') {
			word = end + 1;
			times = strtoul(word, &end, 10);
			if (end == word)
				return false;
		}
		if (times > CHOICES_MAX - list.n)
			return false;
		memset(list.taken + list.n, (int)taken, times);
		list.n += (unsigned)times;
		word = *end == ',' ? end + 1 : end;
		if (*end && *end != ',')
			return false;
	}
	return list.n > 0;
}
