/* SPDX-License-Identifier: MIT */
/*
 * The memory of a spike comes back, as the system sees it: when all is
 * returned and the cache flushed, trimming gives back nine tenths of what the
 * spike added.  With jemalloc; what another allocator keeps is its affair.
 */
#include <driftpool/pool.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/books.h"
#include "support/harness.h"

#define SPIKE_KIB (64u * 1024)
#define USUAL 10 /* the spike is so many times the working set */

/* Anonymous memory of the process that is resident, in KiB. */
static uint64_t
rss_anon_kib(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	uint64_t kib = 0;
	char line[256];

	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "RssAnon: %" SCNu64, &kib) == 1)
			break;
	fclose(status);
	assert_true(kib > 0);
	return kib;
}

/* Borrows n, touches them, returns them; what is resident at the height. */
static uint64_t
borrow_and_return(struct dp_pool *pool, void **objects, size_t n)
{
	struct dp_worker *worker = dp_worker_attach(pool);

	assert_int_equal(dp_borrow_bulk(worker, objects, n), n);
	for (size_t i = 0; i < n; i++)
		*(volatile char *)objects[i] = 1;
	uint64_t kib = rss_anon_kib();

	dp_return_bulk(worker, objects, n);
	/* The cache goes to the depot. */
	dp_worker_detach(worker);
	return kib;
}

/* Returns how much of each hundred KiB that the spike added came back. */
static uint64_t
came_back(size_t object_bytes, bool trims)
{
	struct dp_config config = DP_CONFIG_INIT;
	size_t spike = SPIKE_KIB * (size_t)1024 / object_bytes * 5 / 4;
	void **objects = calloc(spike, sizeof(*objects));

	assert_non_null(objects);
	/* The test's own pages are there before. */
	for (size_t i = 0; i < spike; i++)
		((void *volatile *)objects)[i] = &config;
	config.object_size = object_bytes;
	struct dp_pool *pool = dp_pool_create(&config);

	borrow_and_return(pool, objects, spike / USUAL);
	uint64_t before = rss_anon_kib();
	uint64_t peak = borrow_and_return(pool, objects, spike);

	assert_true(peak - before >= SPIKE_KIB);
	if (trims)
		assert_int_equal(dp_pool_trim(pool, 0), spike);
	uint64_t after = rss_anon_kib();

	print_message("%zu bytes, trimmed %d: %" PRIu64 ", %" PRIu64
		      ", %" PRIu64 " KiB before, at the height, after\n",
		      object_bytes, trims, before, peak, after);
	assert_int_equal(dp_pool_destroy(pool), 0);
	free(objects);
	return after > peak ? 0 : (peak - after) * 100 / (peak - before);
}

static void
trimming_gives_back_what_a_spike_added(void **state)
{
	(void)state;
	/* The control keeps all that it was given. */
	if (leaks())
		skip();
	assert_in_range(came_back(64, true), 90, UINT64_MAX);
	assert_in_range(came_back(4096, true), 90, UINT64_MAX);
}

/* The control: it is the trimming that does it. */
static void
without_trimming_it_stays(void **state)
{
	(void)state;
	assert_in_range(came_back(64, false), 0, 10);
	assert_in_range(came_back(4096, false), 0, 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trimming_gives_back_what_a_spike_added),
		cmocka_unit_test(without_trimming_it_stays),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
