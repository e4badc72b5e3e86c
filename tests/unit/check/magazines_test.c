/* SPDX-License-Identifier: MIT */
/*
 * Magazines: how many a pool may have, and that a library with checks ends a
 * process in which there are more.
 */
#include "core/pool.h"

#include "support/books.h"
#include "support/fate.h"
#include "support/harness.h"

#define M 4
#define HOARD 100

static struct dp_pool *
create(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "magazines_test";
	config.object_size = 8;
	config.magazine_size = M;
	return dp_pool_create(&config);
}

/* As a worker would that keeps what it emptied, and makes more. */
static void
hoard(void *pool)
{
	struct seat seat;

	dp__backend_join(&((struct dp_pool *)pool)->backend, &seat);
	for (int i = 0; i < HOARD; i++)
		assert_non_null(pool_empty(pool, &seat));
}

/* One worker explains four magazines, and each M objects one more. */
static void
more_magazines_than_can_be_explained_end_the_process(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[3 * M];

	(void)state;
	assert_int_equal(dp_borrow_bulk(worker, objects, 3 * M), 3 * M);
	if (!leaks() && TEST_CHECKED) {
		struct fate fate = fate_is_abort(hoard, pool);

		fate_says_of_pool(&fate, "magazines_test",
				  "8 magazines above the bound 7 for 12 "
				  "objects and 1 workers at once");
	}
	dp_return_bulk(worker, objects, 3 * M);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			more_magazines_than_can_be_explained_end_the_process),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
