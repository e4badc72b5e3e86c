/* SPDX-License-Identifier: MIT */
/*
 * A reference pool of the benchmark, SUBJECT: nothing is lost, and it costs,
 * keeps and leaks exactly what its original would.
 */
#include "support/harness.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include SUBJECT

#define WORKERS 4
#define OBJECTS 50000
#define OBJECT_WORDS 8

/* What a flow of FLOW objects from one worker to another one must lead to. */
#define FLOW 20001
struct expectation {
	const char *name;
	uint64_t constructed; /* 0: all that there is, from the start */
	uint64_t borrow_exchanges;
	uint64_t return_exchanges;
	uint64_t refills;
	uint64_t flushes;
	uint64_t churned; /* constructed for 1,000 threads of 100 objects */
	bool oldest_first;
};

/*
 * brpc112: the returner's list exceeds 4,000 once, and again with every 2,000;
 * from then on each 200 borrows are a refill.  dpdk: caches for 128 are filled
 * with one more than that, and emptied when they hold 192.
 */
static const struct expectation expectations[] = {
	{ "brpc19", 1, FLOW, FLOW, 0, 0, 100, false },
	{ "brpc110", FLOW, FLOW, 0, 0, 0, 100000, false },
	{ "brpc112", 4001, 4001 + 80, 9, 80, 9, 100000, true },
	{ "lfstack", 1, FLOW, FLOW, 0, 0, 100, false },
	{ "wfstack", 1, FLOW, FLOW, 0, 0, 100, false },
	{ "ckstack", 1, FLOW, FLOW, 0, 0, 100, false },
	{ "dpdk", 0, (FLOW + 128) / 129, (FLOW - 1) / 192, 0, 0, 0, false },
};

static const struct expectation *expected;

/* The subject under test, and a handle for each of its workers. */
static struct subject subject;
static struct subject_worker workers[WORKLOAD_WORKERS_MAX];
static void *objects[OBJECTS];

static void
open_for(unsigned n)
{
	struct workload w = { .case_name = "test",
			      .workers = n,
			      .object_bytes = OBJECT_WORDS * sizeof(uint64_t),
			      .magazine = 64 };

	assert_int_equal(subject_open(&subject, &w, OBJECTS), 0);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(subject_attach(&workers[i], &subject, i), 0);
}

static struct subject_stats
stats_now(void)
{
	struct subject_stats stats;

	subject_stats(&subject, &stats);
	assert_true(stats.counted);
	assert_int_equal(stats.constructed - stats.destructed,
			 stats.in_use + stats.cached + stats.depot);
	return stats;
}

/* Everything is back: the books are right, and the subject's own count is. */
static void
close_for(unsigned n)
{
	assert_int_equal(stats_now().in_use, 0);
	for (unsigned i = 0; i < n; i++)
		subject_detach(workers[i]);
	assert_int_equal(subject_close(&subject), 0);
}

static void
borrow_many(unsigned worker, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		objects[i] = subject_borrow(workers[worker], true);
		assert_non_null(objects[i]);
		memset(objects[i], 0xa5, OBJECT_WORDS * sizeof(uint64_t));
	}
}

static void
return_many(unsigned worker, size_t n)
{
	for (size_t i = 0; i < n; i++)
		subject_return(workers[worker], objects[i], true);
}

static int
pointer_compare(const void *left, const void *right)
{
	uintptr_t a = (uintptr_t) * (void *const *)left;
	uintptr_t b = (uintptr_t) * (void *const *)right;

	return (a > b) - (a < b);
}

/* How many of the first n objects there are; sorts them. */
static size_t
distinct(size_t n)
{
	size_t different = n > 0;

	qsort(objects, n, sizeof(*objects), pointer_compare);
	for (size_t i = 1; i < n; i++)
		different += objects[i] != objects[i - 1];
	return different;
}

static void
footprint_is(uint64_t constructed)
{
	struct subject_stats stats = stats_now();

	/* Where all is there from the start, nothing more comes. */
	if (expected->constructed == 0)
		assert_true(stats.constructed > OBJECTS);
	else
		assert_int_equal(stats.constructed, constructed);
}

/* The first to open it: DPDK's environment is then large enough for all. */
static void
all_workers_get_an_object_of_their_own(void **state)
{
	cpu_set_t before, after;

	(void)state;
	sched_getaffinity(0, sizeof(before), &before);
	open_for(WORKLOAD_WORKERS_MAX);
	sched_getaffinity(0, sizeof(after), &after);
	assert_true(CPU_EQUAL(&before, &after));
	for (unsigned i = 0; i < WORKLOAD_WORKERS_MAX; i++)
		objects[i] = subject_borrow(workers[i], true);
	assert_int_equal(stats_now().in_use, WORKLOAD_WORKERS_MAX);
	footprint_is(WORKLOAD_WORKERS_MAX);
	/* Returned in another order, hence on other workers. */
	assert_int_equal(distinct(WORKLOAD_WORKERS_MAX), WORKLOAD_WORKERS_MAX);
	for (unsigned i = 0; i < WORKLOAD_WORKERS_MAX; i++)
		subject_return(workers[i], objects[i], true);
	close_for(WORKLOAD_WORKERS_MAX);
}

static void
what_went_back_elsewhere_is_found_there(void **state)
{
	struct subject_stats stats;

	(void)state;
	open_for(WORKERS);
	borrow_many(0, OBJECTS);
	assert_int_equal(distinct(OBJECTS), OBJECTS);
	return_many(1, OBJECTS);
	stats = stats_now();
	if (strcmp(expected->name, "brpc112") == 0) {
		assert_int_equal(stats.flushes, 23);
		assert_int_equal(stats.depot, 46000);
		assert_int_equal(stats.cached, 4000);
	}
	borrow_many(1, OBJECTS);
	assert_int_equal(distinct(OBJECTS), OBJECTS);
	footprint_is(OBJECTS);
	if (strcmp(expected->name, "brpc112") == 0)
		assert_int_equal(stats_now().refills, 230);
	return_many(1, OBJECTS);
	close_for(WORKERS);
}

static void
flow_in_one_direction_costs_what_it_must(void **state)
{
	uint64_t borrow_exchanges = 0, return_exchanges = 0;
	struct subject_stats stats;

	(void)state;
	open_for(WORKERS);
	for (int i = 0; i < FLOW; i++) {
		void *object;

		borrow_exchanges += subject_borrow_exchanges(workers[0]);
		object = subject_borrow(workers[0], true);
		return_exchanges += subject_return_exchanges(workers[1]);
		subject_return(workers[1], object, true);
	}
	stats = stats_now();
	footprint_is(expected->constructed);
	assert_true(stats.constructed <= subject_bound(&subject, 1));
	assert_int_equal(borrow_exchanges, expected->borrow_exchanges);
	assert_int_equal(return_exchanges, expected->return_exchanges);
	assert_int_equal(stats.refills, expected->refills);
	assert_int_equal(stats.flushes, expected->flushes);
	assert_int_equal(subject_leaks(), expected->constructed == FLOW);
	assert_int_equal(subject_bound(&subject, 1) == SIZE_MAX,
			 subject_leaks() || expected->constructed == 0);
	close_for(WORKERS);
}

static void
objects_come_back_in_order(void **state)
{
	void *borrowed[3], *again[3];

	(void)state;
	open_for(1);
	for (int i = 0; i < 3; i++)
		borrowed[i] = subject_borrow(workers[0], false);
	for (int i = 0; i < 3; i++)
		subject_return(workers[0], borrowed[i], false);
	for (int i = 0; i < 3; i++)
		again[i] = subject_borrow(workers[0], false);
	for (int i = 0; i < 3; i++)
		assert_ptr_equal(again[i],
				 borrowed[expected->oldest_first ? i : 2 - i]);
	for (int i = 0; i < 3; i++)
		subject_return(workers[0], again[i], false);
	close_for(1);
}

static void
threads_in_turn_leave_what_they_leave(void **state)
{
	uint64_t constructed;

	(void)state;
	open_for(1);
	for (int i = 0; i < 1000; i++) {
		borrow_many(0, 100);
		return_many(0, 100);
		subject_detach(workers[0]);
		assert_int_equal(subject_attach(&workers[0], &subject, 0), 0);
	}
	footprint_is(expected->churned);
	constructed = stats_now().constructed;
	assert_true(constructed <= subject_bound(&subject, 100));
	close_for(1);
}

static void
an_object_that_is_gone_is_missed(void **state)
{
	void *object;

	(void)state;
	open_for(WORKERS);
	object = subject_borrow(workers[0], true);
	assert_int_equal(stats_now().in_use, 1);
	for (unsigned i = 0; i < WORKERS; i++)
		subject_detach(workers[i]);
	assert_int_equal(subject_close(&subject), -EUCLEAN);
	/* DPDK's went with the pool. */
	if (expected->constructed > 0)
		free(object);
	/* Nor would an object that is lent out twice count as two. */
	objects[0] = objects[2] = &subject;
	objects[1] = &object;
	assert_int_equal(distinct(3), 2);
}

/* --- All at once ---------------------------------------------------------- */

#define SLOTS 64
#define HANDED HARNESS_LOAD(200000)

/* Where threads leave objects for each other; NULL: empty. */
static _Atomic(uint64_t *) slots[SLOTS];
static _Atomic unsigned borrowers;

static uint64_t *
slot_exchange(unsigned i, uint64_t *object)
{
	/* XR1 acq_rel: pairs with XR1.  The object is seen as it was left. */
	return atomic_exchange_explicit(&slots[i % SLOTS], object,
					memory_order_acq_rel);
}

/* Nobody else wrote to it meanwhile. */
static void
object_return(unsigned worker, uint64_t *object)
{
	harness_equal("an object's words", ~object[1], object[2]);
	subject_return(workers[worker], object, true);
}

static void
borrower_run(unsigned worker)
{
	for (unsigned i = 0; i < HANDED; i++) {
		uint64_t *object = subject_borrow(workers[worker], true);

		if (object == NULL)
			harness_fail("an object", 1, 0);
		object[1] = (uint64_t)worker << 32 | i;
		object[2] = ~object[1];
		object = slot_exchange(i, object);
		if (object != NULL)
			object_return(worker, object);
	}
	/* XR2 release: pairs with XR3.  What it left is in the slots. */
	atomic_fetch_sub_explicit(&borrowers, 1, memory_order_release);
}

static void
returner_run(unsigned worker)
{
	bool last = false;

	while (!last) {
		/* XR3 acquire: pairs with XR2.  Then one more look suffices. */
		last = atomic_load_explicit(&borrowers, memory_order_acquire) ==
		       0;
		for (unsigned i = 0; i < SLOTS; i++) {
			uint64_t *object = slot_exchange(i, NULL);

			if (object != NULL)
				object_return(worker, object);
		}
		sched_yield();
	}
}

static void
worker_run(void *context, unsigned worker)
{
	(void)context;
	if (worker < WORKERS / 2)
		borrower_run(worker);
	else
		returner_run(worker);
}

static void
threads_lose_nothing_and_share_nothing(void **state)
{
	(void)state;
	open_for(WORKERS);
	/* XR4 relaxed: the threads start later. */
	atomic_store_explicit(&borrowers, WORKERS / 2, memory_order_relaxed);
	harness_race(WORKERS, worker_run, NULL);
	assert_true(stats_now().constructed <=
		    subject_bound(&subject, SLOTS + WORKERS));
	close_for(WORKERS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_workers_get_an_object_of_their_own),
		cmocka_unit_test(what_went_back_elsewhere_is_found_there),
		cmocka_unit_test(flow_in_one_direction_costs_what_it_must),
		cmocka_unit_test(objects_come_back_in_order),
		cmocka_unit_test(threads_in_turn_leave_what_they_leave),
		cmocka_unit_test(an_object_that_is_gone_is_missed),
		cmocka_unit_test(threads_lose_nothing_and_share_nothing),
	};

	for (size_t i = 0; i < sizeof(expectations) / sizeof(*expectations);
	     i++)
		if (strcmp(expectations[i].name, subject_name()) == 0)
			expected = &expectations[i];
	if (expected == NULL)
		harness_fail("a reference that is known", 1, 0);
	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
