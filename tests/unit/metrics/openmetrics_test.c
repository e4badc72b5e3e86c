/* SPDX-License-Identifier: MIT */
/*
 * Writing a pool's numbers: what can fail, how many workers there can be, and
 * that they go on meanwhile.  That the text is OpenMetrics, a parser says.
 */
#include <driftpool/openmetrics.h>

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/books.h"
#include "support/harness.h"

#define N_WORKERS 100
#define N_TURNS 2000
#define N_TOTALS 5
#define N_GIVERS 100
#define M 2
#define DEPOT "driftpool_objects{pool=\"pool\",state=\"depot\"}"

static struct dp_pool *
create_named(const char *name)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = name;
	config.object_size = 16;
	config.magazine_size = M;
	return dp_pool_create(&config);
}

static struct dp_pool *
create(void)
{
	return create_named(NULL);
}

/* The caller frees it. */
static char *
exposition(struct dp_pool *pool)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *file = open_memstream(&text, &bytes);

	harness_equal("write", 0,
		      (uint64_t)dp_stats_write_openmetrics(pool, file));
	fclose(file);
	return text;
}

static unsigned
occurrences(const char *text, const char *word)
{
	unsigned n = 0;

	while ((text = strstr(text, word))) {
		n++;
		text += strlen(word);
	}
	return n;
}

/* The sum of all samples whose names begin so. */
static int64_t
sum(const char *text, const char *name)
{
	int64_t total = 0;

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, name, strlen(name)) == 0)
			total += strtoll(strstr(text, "} ") + 2, NULL, 10);
	}
	return total;
}

static void
file_that_cannot_be_written_is_reported(void **state)
{
	struct dp_pool *pool = create();
	FILE *full = fopen("/dev/full", "w");
	FILE *closed = fopen("/dev/null", "r");

	(void)state;
	assert_int_equal(dp_stats_write_openmetrics(pool, full), -ENOSPC);
	assert_true(dp_stats_write_openmetrics(pool, closed) < 0);
	fclose(full);
	fclose(closed);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

/* At the edges of what is a character, and what is none. */
static void
labels_are_utf_8_whatever_the_name_is(void **state)
{
	static const char *const names[][2] = {
		{ "\\ \"", "\\\\ \\\"" },
		{ "\xc2\x80 \xdf\xbf", "\xc2\x80 \xdf\xbf" },
		{ "\xe0\xa0\x80 \xed\x9f\xbf", "\xe0\xa0\x80 \xed\x9f\xbf" },
		{ "\xee\x80\x80 \xef\xbf\xbf", "\xee\x80\x80 \xef\xbf\xbf" },
		{ "\xf0\x90\x80\x80", "\xf0\x90\x80\x80" },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		/* No beginning; too long; a surrogate; beyond Unicode. */
		{ "\x80 \xbf", "? ?" },
		{ "\xc1\xbf", "??" },
		{ "\xe0\x9f\xbf", "???" },
		{ "\xed\xa0\x80", "???" },
		{ "\xf0\x8f\xbf\xbf", "????" },
		{ "\xf4\x90\x80\x80", "????" },
		{ "\xf5\x80\x80\x80", "????" },
		/* Cut off, by another character and by the end. */
		{ "\xc2\xc2\x80", "?\xc2\x80" },
		{ "\xe2\x82", "??" },
		{ "\xf0\x90\x80", "???" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct dp_config config = DP_CONFIG_INIT;
		char label[64];

		config.object_size = 16;
		config.name = names[i][0];
		struct dp_pool *pool = dp_pool_create(&config);
		char *text = exposition(pool);

		snprintf(label, sizeof(label), "driftpool_workers{pool=\"%s\"}",
			 names[i][1]);
		assert_int_equal(occurrences(text, label), 1);
		free(text);
		assert_int_equal(dp_pool_destroy(pool), 0);
	}
}

/* What is written of two pools, one of them named like the first. */
static int
status_of_two(const char *name, long *bytes)
{
	struct dp_pool *pools[] = { create_named("a\xff"), create_named(name) };
	FILE *file = tmpfile();
	int status = dp_stats_write_openmetrics_all(pools, 2, file);

	*bytes = ftell(file);
	fclose(file);
	assert_int_equal(dp_pool_destroy(pools[0]), 0);
	assert_int_equal(dp_pool_destroy(pools[1]), 0);
	return status;
}

static void
pools_of_one_name_are_refused(void **state)
{
	long bytes;

	(void)state;
	assert_int_equal(status_of_two("a\xff", &bytes), -EINVAL);
	assert_int_equal(bytes, 0);
	/* Others, but not as they are written. */
	assert_int_equal(status_of_two("a?", &bytes), -EINVAL);
	assert_int_equal(bytes, 0);
	assert_int_equal(status_of_two("a", &bytes), 0);
	assert_true(bytes > 0);
}

static void
no_pool_is_an_exposition(void **state)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *file = open_memstream(&text, &bytes);

	(void)state;
	assert_int_equal(dp_stats_write_openmetrics_all(NULL, 0, file), 0);
	fclose(file);
	assert_int_equal(occurrences(text, "{"), 0);
	assert_int_equal(occurrences(text, "# EOF\n"), 1);
	free(text);
}

static void
every_worker_has_its_flow(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *workers[N_WORKERS];
	char *text = exposition(pool);

	(void)state;
	assert_int_equal(occurrences(text, "worker="), 1);
	free(text);
	for (int i = 0; i < N_WORKERS; i++)
		workers[i] = dp_worker_attach(pool);
	text = exposition(pool);
	assert_int_equal(occurrences(text, "worker="), N_WORKERS + 1);
	assert_int_equal(occurrences(text, "worker=\"1\"} 0\n"), 1);
	assert_int_equal(occurrences(text, "worker=\"100\"} 0\n"), 1);
	free(text);
	for (int i = 0; i < N_WORKERS; i++)
		dp_worker_detach(workers[i]);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

/* Totals only grow, whoever comes and goes; no text is without its end. */
static void
watch(struct dp_pool *pool, int64_t *totals)
{
	static const char *const names[N_TOTALS] = {
		"driftpool_constructed_total", "driftpool_destructed_total",
		"driftpool_refills_total",     "driftpool_flushes_total",
		"driftpool_misses_total",
	};
	char *text = exposition(pool);

	harness_equal("one end", 1, occurrences(text, "# EOF\n"));
	for (int i = 0; i < N_TOTALS; i++) {
		int64_t total = sum(text, names[i]);

		harness_equal(names[i], true, total >= totals[i]);
		totals[i] = total;
	}
	free(text);
}

static void
work_or_watch(void *context, unsigned index)
{
	struct dp_pool *pool = context;
	int64_t totals[N_TOTALS] = { 0 };

	for (int i = 0; i < HARNESS_LOAD(N_TURNS); i++) {
		if (index == 0) {
			watch(pool, totals);
			continue;
		}
		struct dp_worker *workers[4];
		void *objects[5];

		for (int j = 0; j < 4; j++)
			workers[j] = dp_worker_attach(pool);
		dp_borrow_bulk(workers[0], objects, 5);
		dp_return_bulk(workers[1], objects, 5);
		for (int j = 0; j < 4; j++)
			dp_worker_detach(workers[j]);
	}
}

static void
workers_come_and_go_meanwhile(void **state)
{
	struct dp_pool *pool = create();

	(void)state;
	harness_race(3, work_or_watch, pool);
	char *text = exposition(pool);

	assert_int_equal(occurrences(text, "worker="), 1);
	assert_non_null(strstr(text, "state=\"in_use\"} 0\n"));
	free(text);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

/* A worker that has given the depot three magazines, and has nothing left. */
static struct dp_worker *
giver(struct dp_pool *pool, struct dp_worker *from)
{
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[5 * M];

	assert_int_equal(dp_borrow_bulk(from, objects, 5 * M), 5 * M);
	dp_return_bulk(worker, objects, 5 * M);
	assert_int_equal(dp_borrow_bulk(worker, objects, 2 * M), 2 * M);
	dp_return_bulk(from, objects, 2 * M);
	return worker;
}

static struct dp_worker *givers[2][N_GIVERS];

/* Expositions begun. */
static _Atomic int looks;

/* One more for each exposition, while it is read if that can be. */
static void
leave(unsigned index)
{
	for (int i = 0; i < N_GIVERS; i++) {
		/* TO1 relaxed: only when matters. */
		while (atomic_load_explicit(&looks, memory_order_relaxed) <= i)
			sched_yield();
		dp_worker_bind(givers[index][i]);
		dp_worker_detach(givers[index][i]);
	}
}

static void
leave_or_add_up(void *context, unsigned index)
{
	struct dp_pool *pool = context;
	int64_t workers = 0;

	if (index < 2) {
		leave(index);
		return;
	}
	/* Until but the one is there that stays. */
	while (workers != 1) {
		/* TO2 relaxed: see TO1. */
		atomic_fetch_add_explicit(&looks, 1, memory_order_relaxed);
		char *text = exposition(pool);

		/* What `none` has in piles, it says to be cached. */
		if (!leaks())
			harness_equal(
				"flows", (uint64_t)sum(text, DEPOT),
				(uint64_t)sum(text, "driftpool_net_flow"));
		workers = sum(text, "driftpool_workers{");
		free(text);
	}
}

/* No object moves: a flow is a worker's or, once it is gone, the departed's. */
static void
flow_of_who_leaves_is_counted_once(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *stays = dp_worker_attach(pool);

	(void)state;
	for (int i = 0; i < 2 * N_GIVERS; i++)
		givers[i / N_GIVERS][i % N_GIVERS] = giver(pool, stays);
	harness_race(3, leave_or_add_up, pool);
	dp_worker_detach(stays);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

/* One label for each thread that ever was would be a series for each. */
static void
numbers_of_workers_that_are_gone_are_given_again(void **state)
{
	struct dp_pool *pool = create();
	struct dp_worker *stays = dp_worker_attach(pool);
	struct dp_worker *first = dp_worker_attach(pool);

	(void)state;
	for (int i = 0; i < N_WORKERS; i++)
		dp_worker_detach(dp_worker_attach(pool));
	struct dp_worker *third = dp_worker_attach(pool);

	dp_worker_detach(first);
	struct dp_worker *second = dp_worker_attach(pool);
	char *text = exposition(pool);

	assert_int_equal(occurrences(text, "worker=\"1\""), 1);
	assert_int_equal(occurrences(text, "worker=\"2\""), 1);
	assert_int_equal(occurrences(text, "worker=\"3\""), 1);
	assert_int_equal(occurrences(text, "worker=\""), 3 + 1);
	free(text);
	dp_worker_detach(stays);
	dp_worker_detach(second);
	dp_worker_detach(third);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_that_cannot_be_written_is_reported),
		cmocka_unit_test(
			numbers_of_workers_that_are_gone_are_given_again),
		cmocka_unit_test(labels_are_utf_8_whatever_the_name_is),
		cmocka_unit_test(pools_of_one_name_are_refused),
		cmocka_unit_test(no_pool_is_an_exposition),
		cmocka_unit_test(every_worker_has_its_flow),
		cmocka_unit_test(workers_come_and_go_meanwhile),
		cmocka_unit_test(flow_of_who_leaves_is_counted_once),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
