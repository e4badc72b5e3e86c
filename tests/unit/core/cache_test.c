/* SPDX-License-Identifier: MIT */
/* The worker-local cache: what it lends, and when it exchanges magazines. */
#include <errno.h>

#include "base/random.h"
#include "support/tally.h"

#define MODEL_TURNS HARNESS_LOAD(20000)

static const unsigned sizes[] = { 2, 3, 64, 1024 };
#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))
#define SIZE_LARGEST 1024
#define LOANS_MAX (6 * SIZE_LARGEST)

static void *loans[LOANS_MAX];

/* --- A worker and what its cache must be --------------------------------- */

/* One worker alone: all that its cache does follows from numbers. */
struct model {
	struct tally tally;
	struct dp_worker *worker;
	size_t size;   /* M */
	size_t n_lent; /* loans[0..n_lent) */
	size_t loaded, previous, depot;
	size_t constructed, refills, flushes, misses;
};

static void
model_begin(struct model *model, unsigned size)
{
	*model = (struct model){ .size = size };
	tally_begin(&model->tally, size);
	model->worker = tally_attach(&model->tally);
}

static void
model_check(struct model *model)
{
	struct dp_stats stats = tally_balance(&model->tally);

	assert_int_equal(stats.in_use, model->n_lent);
	assert_int_equal(stats.constructed, model->constructed);
	assert_int_equal(stats.refills, model->refills);
	assert_int_equal(stats.flushes, model->flushes);
	assert_int_equal(stats.misses, model->misses);
	/* The piles of `none` count as cached: the sum is for all backends. */
	assert_int_equal(stats.cached + stats.depot,
			 model->loaded + model->previous + model->depot);
	if (model->tally.bounded)
		assert_int_equal(stats.cached, model->loaded + model->previous);
}

static void
model_end(struct model *model)
{
	tally_return_bulk(&model->tally, model->worker, loans, model->n_lent);
	tally_detach(&model->tally, model->worker);
	tally_end(&model->tally);
}

/* n objects in one call: false if the rest must be constructed. */
static bool
model_take(struct model *model, size_t n)
{
	for (; n > 0; n--) {
		if (model->loaded == 0 && model->previous > 0) {
			model->loaded = model->previous;
			model->previous = 0;
		} else if (model->loaded == 0 && model->depot > 0) {
			model->loaded = model->size;
			model->depot -= model->size;
			model->refills++;
		} else if (model->loaded == 0) {
			model->misses++;
			model->constructed += n;
			return false;
		}
		model->loaded--;
	}
	return true;
}

static void
model_put(struct model *model, size_t n)
{
	for (; n > 0; n--) {
		if (model->loaded == model->size && model->previous > 0) {
			model->depot += model->size;
			model->flushes++;
			model->loaded = 0;
		} else if (model->loaded == model->size) {
			model->previous = model->size;
			model->loaded = 0;
		}
		model->loaded++;
	}
}

static void
borrow(struct model *model)
{
	struct loan *loan = tally_borrow(&model->tally, model->worker);

	assert_non_null(loan);
	loans[model->n_lent++] = loan;
	model_take(model, 1);
}

static void
give_back(struct model *model)
{
	tally_return(&model->tally, model->worker, loans[--model->n_lent]);
	model_put(model, 1);
}

static void
borrow_bulk(struct model *model, size_t n)
{
	assert_int_equal(tally_borrow_bulk(&model->tally, model->worker,
					   loans + model->n_lent, n),
			 n);
	model->n_lent += n;
	model_take(model, n);
}

static void
give_back_bulk(struct model *model, size_t n)
{
	model->n_lent -= n;
	tally_return_bulk(&model->tally, model->worker, loans + model->n_lent,
			  n);
	model_put(model, n);
}

/* --- Order --------------------------------------------------------------- */

static void
the_last_returned_is_borrowed_first(void **state)
{
	struct model model;

	(void)state;
	for (size_t s = 0; s < N_SIZES; s++) {
		size_t size = sizes[s];
		/* Up to 2M stay in the cache; beyond, M and the rest. */
		size_t returned[] = { 1, size, 2 * size, 2 * size + 1,
				      3 * size };
		size_t kept[] = { 1, size, 2 * size, size + 1, 2 * size };

		for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
			model_begin(&model, sizes[s]);
			for (size_t k = 0; k < returned[i]; k++)
				borrow(&model);
			/* loans[0] is returned last. */
			while (model.n_lent > 0)
				give_back(&model);
			for (size_t k = 0; k < kept[i]; k++) {
				void *last = loans[k];

				borrow(&model);
				assert_ptr_equal(loans[k], last);
			}
			model_check(&model);
			model_end(&model);
		}
	}
}

/* --- Exchanges ----------------------------------------------------------- */

static void
the_cache_exchanges_as_its_model_does(void **state)
{
	uint64_t random = random_seed(harness_seed(), 0);
	struct model model;

	(void)state;
	for (size_t s = 0; s < N_SIZES; s++) {
		model_begin(&model, sizes[s]);
		for (unsigned turn = 0; turn < MODEL_TURNS; turn++) {
			uint64_t dice = random_next(&random);
			size_t n = dice % (3 * model.size + 1);
			size_t room = 6 * model.size - model.n_lent;

			switch (dice >> 32 & 3) {
			case 0:
				if (room > 0)
					borrow(&model);
				break;
			case 1:
				if (model.n_lent > 0)
					give_back(&model);
				break;
			case 2:
				borrow_bulk(&model, n < room ? n : room);
				break;
			default:
				give_back_bulk(&model, n < model.n_lent
							       ? n
							       : model.n_lent);
			}
			if (turn % model.size == 0)
				model_check(&model);
		}
		assert_true(model.refills > 0 && model.flushes > 0);
		model_end(&model);
	}
}

static void
bulks_of_all_sizes_are_as_many_single_ones(void **state)
{
	struct model model;

	(void)state;
	for (size_t s = 0; s < N_SIZES; s++) {
		size_t m = sizes[s];
		size_t counts[] = { 0,         1,     m - 1,     m,    m + 1,
				    2 * m - 1, 2 * m, 2 * m + 1, 3 * m };
		const size_t n_counts = sizeof(counts) / sizeof(counts[0]);

		model_begin(&model, sizes[s]);
		for (size_t i = 0; i < n_counts; i++)
			for (size_t k = 0; k < n_counts; k++) {
				borrow_bulk(&model, counts[i]);
				model_check(&model);
				borrow_bulk(&model, counts[k]);
				give_back_bulk(&model, counts[i]);
				model_check(&model);
				give_back_bulk(&model, counts[k]);
				model_check(&model);
			}
		model_end(&model);
	}
}

static void
one_more_or_less_at_an_edge_exchanges_nothing(void **state)
{
	struct model model;

	(void)state;
	for (size_t s = 0; s < N_SIZES; s++) {
		/* Each edge of the cache, from below and from above. */
		for (size_t n = 3 * sizes[s] + 1; n > 0; n--) {
			if (n % sizes[s] > 1 && n % sizes[s] < sizes[s] - 1)
				continue;
			model_begin(&model, sizes[s]);
			borrow_bulk(&model, 4 * sizes[s]);
			give_back_bulk(&model, n);
			borrow(&model);
			give_back(&model);
			size_t exchanges = model.refills + model.flushes;

			for (int i = 0; i < 100; i++) {
				give_back(&model);
				borrow(&model);
				borrow(&model);
				give_back(&model);
			}
			assert_in_range(model.refills + model.flushes,
					exchanges, exchanges + 1);
			model_check(&model);
			model_end(&model);
		}
	}
}

/* --- Misses -------------------------------------------------------------- */

static void
one_answer_nothing_there_covers_the_rest_of_a_bulk(void **state)
{
	struct model model;

	(void)state;
	for (size_t s = 0; s < N_SIZES; s++) {
		model_begin(&model, sizes[s]);
		borrow_bulk(&model, 3 * sizes[s]);
		assert_int_equal(model.misses, 1);
		model_check(&model);
		give_back_bulk(&model, sizes[s] + 1);
		borrow_bulk(&model, 2 * sizes[s]);
		assert_int_equal(model.misses, 2);
		assert_int_equal(model.constructed, 4 * sizes[s] - 1);
		model_check(&model);
		model_end(&model);
	}
}

static void
a_single_miss_constructs_one_object(void **state)
{
	struct model model;

	(void)state;
	for (size_t s = 0; s < N_SIZES; s++) {
		model_begin(&model, sizes[s]);
		for (size_t i = 1; i <= 2 * sizes[s]; i++) {
			borrow(&model);
			assert_int_equal(tally_constructed(&model.tally), i);
		}
		model_check(&model);
		model_end(&model);
	}
}

static void
a_bulk_lends_what_could_be_constructed(void **state)
{
	struct model model;

	(void)state;
	for (size_t s = 0; s < N_SIZES; s++) {
		size_t m = sizes[s];

		for (size_t allowed = 0; allowed <= m; allowed += m - 1) {
			model_begin(&model, sizes[s]);
			borrow_bulk(&model, m + 1);
			give_back_bulk(&model, m + 1);
			model.tally.limit = m + 1 + allowed;
			errno = 0;
			assert_int_equal(tally_borrow_bulk(&model.tally,
							   model.worker, loans,
							   3 * m),
					 m + 1 + allowed);
			assert_int_equal(errno, TALLY_REFUSAL);
			errno = 0;
			assert_null(tally_borrow(&model.tally, model.worker));
			assert_int_equal(errno, TALLY_REFUSAL);
			model.n_lent = m + 1 + allowed;
			model.loaded = model.previous = 0;
			model.constructed += allowed;
			model.misses += 2;
			model_check(&model);

			model.tally.limit = SIZE_MAX;
			borrow(&model);
			model_check(&model);
			model_end(&model);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_returned_is_borrowed_first),
		cmocka_unit_test(the_cache_exchanges_as_its_model_does),
		cmocka_unit_test(bulks_of_all_sizes_are_as_many_single_ones),
		cmocka_unit_test(one_more_or_less_at_an_edge_exchanges_nothing),
		cmocka_unit_test(
			one_answer_nothing_there_covers_the_rest_of_a_bulk),
		cmocka_unit_test(a_single_miss_constructs_one_object),
		cmocka_unit_test(a_bulk_lends_what_could_be_constructed),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
