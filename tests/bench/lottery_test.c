/* SPDX-License-Identifier: MIT */
/* Numbers drawn by weights. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "load/lottery.h"
#include "near.h"

#define NUMBERS_MAX 4096u
/* A draw for each of so many evenly spaced random numbers. */
#define DRAWS_BITS 22

static uint32_t counts[NUMBERS_MAX];

static void
draw_all(const struct lottery *lottery)
{
	for (uint32_t i = 0; i < NUMBERS_MAX; i++)
		counts[i] = 0;
	for (uint32_t i = 0; i < (uint32_t)1 << DRAWS_BITS; i++) {
		uint32_t number = lottery_draw(lottery, i << (32 - DRAWS_BITS));

		assert_true(number < lottery->n);
		counts[number]++;
	}
}

/* What is drawn by the weights (i + 1)^-theta. */
static void
assert_zipf(uint32_t n, double theta)
{
	double weights[NUMBERS_MAX], sum = 0;
	struct lottery lottery;

	for (uint32_t i = 0; i < n; i++)
		sum += weights[i] = pow(i + 1, -theta);
	assert_true(lottery_open(&lottery, weights, n));
	draw_all(&lottery);
	/* Each ticket rounds by one draw at each of its ends. */
	for (uint32_t i = 0; i < n; i++) {
		double exact = weights[i] / sum * (1 << DRAWS_BITS);

		assert_near(counts[i], exact, 2 + exact * .01);
	}
	lottery_close(&lottery);
}

static void
draws_follow_the_weights(void **state)
{
	(void)state;
	for (uint32_t n = 1; n <= NUMBERS_MAX; n = n * 3 + 1) {
		assert_zipf(n, 0);
		assert_zipf(n, .99);
		assert_zipf(n, 10);
	}
	assert_zipf(NUMBERS_MAX, .99);
}

/* The first of many is drawn as often as its weight says, and not evenly. */
static void
other_weights_draw_others(void **state)
{
	const double even = (double)(1 << DRAWS_BITS) / 100;

	(void)state;
	assert_zipf(100, 0);
	assert_near(counts[0], even, 2);
	assert_zipf(100, .99);
	assert_true(counts[0] > 15 * even);
	assert_true(counts[99] < even / 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_follow_the_weights),
		cmocka_unit_test(other_weights_draw_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
