/* SPDX-License-Identifier: MIT */
/*
 * Writing a pool's numbers: what can fail, how many workers there can be, and
 * that they go on meanwhile.  That the text is OpenMetrics, a parser says.
 */
#include <driftpool/openmetrics.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

#define N_WORKERS 100
#define N_TURNS 2000

static struct dp_pool *
create(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.object_size = 16;
	config.magazine_size = 2;
	return dp_pool_create(&config);
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

static void
work_or_watch(void *context, unsigned index)
{
	struct dp_pool *pool = context;

	for (int i = 0; i < HARNESS_LOAD(N_TURNS); i++) {
		if (index == 0) {
			char *text = exposition(pool);

			harness_equal("one end", 1,
				      occurrences(text, "# EOF\n"));
			free(text);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_that_cannot_be_written_is_reported),
		cmocka_unit_test(labels_are_utf_8_whatever_the_name_is),
		cmocka_unit_test(every_worker_has_its_flow),
		cmocka_unit_test(workers_come_and_go_meanwhile),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
