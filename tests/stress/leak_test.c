/* SPDX-License-Identifier: MIT */
/*
 * Three ways in which tables leaked: SUBJECT must keep to its bound in each, or
 * is known not to.  That those are seen to leak shows that the test can fail.
 */
#include "support/harness.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fibers/tables.h"

#define M 8
#define WORKERS 4

/* Does the subject keep to its bound? */
struct expectation {
	const char *name;
	bool flow, migration, churn;
};

/* brpc112 has a cap a list, but the lists of ended threads stay. */
static const struct expectation exceptions[] = {
	{ "none", false, false, false },
	{ "brpc110", false, false, false },
	{ "brpc112", true, true, false },
};

static const struct expectation *expected =
	&(const struct expectation){ "all others", true, true, true };
static struct subject subject;
static struct dp_key key;

/* A fiber's first get, and a value where there is none. */
static struct dp_keytable *
begin(struct subject_worker worker)
{
	struct dp_keytable *table = NULL;
	void *value;

	if (tables_get(&table, worker, key, &value) == 0 && !value)
		tables_set(&table, worker, key, &subject);
	return table;
}

static void
open_all(struct subject_worker *workers, unsigned n)
{
	struct workload w = { .case_name = "leak_test",
			      .workers = WORKERS,
			      .magazine = M };

	assert_int_equal(tables_open(&subject, &w, 1000), 0);
	assert_int_equal(dp_key_create(&key, NULL), 0);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(subject_attach(&workers[i], &subject, i), 0);
}

static uint64_t
constructed(void)
{
	struct subject_stats stats;

	subject_stats(&subject, &stats);
	assert_int_equal(stats.constructed - stats.destructed,
			 stats.in_use + stats.cached + stats.depot);
	return stats.constructed;
}

static void
close_all(struct subject_worker *workers, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		subject_detach(workers[i]);
	assert_int_equal(tables_close(&subject), 0);
	assert_int_equal(dp_key_delete(key), 0);
}

/* Each is borrowed on one worker and returned on the other. */
static void
one_way_flow_keeps_to_the_bound(void **state)
{
	struct subject_worker workers[2];
	unsigned n = HARNESS_LOAD(1000000);

	(void)state;
	open_all(workers, 2);
	for (unsigned i = 0; i < n; i++) {
		struct dp_keytable *table = begin(workers[0]);

		tables_end(&table, workers[1]);
	}
	if (expected->flow)
		assert_true(constructed() <= subject_bound(&subject, 1));
	else
		assert_int_equal(constructed(), n);
	close_all(workers, 2);
}

/* Of 100 that live one ends, anywhere, and one begins, anywhere. */
static void
random_migration_keeps_to_the_bound(void **state)
{
	struct subject_worker workers[WORKERS];
	struct dp_keytable *live[100];
	unsigned n = HARNESS_LOAD(1000000);
	uint64_t seed = harness_seed();

	(void)state;
	open_all(workers, WORKERS);
	for (unsigned i = 0; i < 100; i++)
		live[i] = begin(workers[i % WORKERS]);
	for (unsigned i = 0; i < n; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		unsigned r = (unsigned)(seed >> 40);
		struct dp_keytable **place = &live[r / 16 % 100];

		tables_end(place, workers[r % 4]);
		*place = begin(workers[r / 4 % 4]);
		assert_non_null(*place);
	}
	size_t bound = subject_leaks() ? 100 + (WORKERS - 1) * 2 * M
				       : subject_bound(&subject, 100);

	assert_int_equal(constructed() <= bound, expected->migration);
	for (unsigned i = 0; i < 100; i++)
		tables_end(&live[i], workers[0]);
	close_all(workers, WORKERS);
}

#define CHURN_LIVE 100

/* A thread's life: borrows and returns CHURN_LIVE. */
static void *
live_once(void *unused)
{
	struct subject_worker worker;
	struct dp_keytable *live[CHURN_LIVE];

	harness_equal("attach", 0,
		      (uint64_t)subject_attach(&worker, &subject, 0));
	for (unsigned i = 0; i < CHURN_LIVE; i++)
		live[i] = begin(worker);
	for (unsigned i = 0; i < CHURN_LIVE; i++)
		tables_end(&live[i], worker);
	subject_detach(worker);
	return unused;
}

static void
thread_churn_keeps_to_what_is_live(void **state)
{
	unsigned n = HARNESS_LOAD(1000);

	(void)state;
	open_all(NULL, 0);
	for (unsigned i = 0; i < n; i++) {
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, live_once, NULL),
				 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
	}
	if (expected->churn)
		assert_int_equal(constructed(), CHURN_LIVE);
	else
		assert_int_equal(constructed(), CHURN_LIVE * n);
	close_all(NULL, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_way_flow_keeps_to_the_bound),
		cmocka_unit_test(random_migration_keeps_to_the_bound),
		cmocka_unit_test(thread_churn_keeps_to_what_is_live),
	};

	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
		if (strcmp(subject_name(), exceptions[i].name) == 0)
			expected = &exceptions[i];
	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
