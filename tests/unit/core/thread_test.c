/* SPDX-License-Identifier: MIT */
/*
 * Thread-local workers: one for each thread and pool, attached at the first
 * use, detached at thread exit, however the thread ends and whatever the pool's
 * fate was.  And handles that move between threads.
 */
#include <pthread.h>
#include <string.h>

#include "support/books.h"
#include "support/tally.h"

#define M 4
#define N_THREADS 4
#define N_OBJECTS (3 * M)

static uint64_t
workers(struct dp_pool *pool)
{
	struct dp_stats stats;

	dp_pool_stats(pool, &stats);
	return stats.workers;
}

/* Borrows and returns N_OBJECTS on the calling thread's own worker. */
static void
visit(struct tally *tally)
{
	struct loan *loans[N_OBJECTS];

	for (int i = 0; i < N_OBJECTS; i++)
		loans[i] = tally_borrow(tally, NULL);
	for (int i = 0; i < N_OBJECTS; i++)
		tally_return(tally, NULL, loans[i]);
}

/* Runs a thread to its end. */
static void
run(void *(*body)(void *arg), void *arg)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, body, arg), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void
thread_gets_one_worker_at_its_first_use(void **state)
{
	struct tally tally;

	(void)state;
	tally_begin(&tally, M);
	assert_int_equal(workers(tally.pool), 0);
	tally_enter(&tally);
	struct loan *first = tally_borrow(&tally, NULL);

	assert_int_equal(workers(tally.pool), 1);
	struct loan *second = tally_borrow(&tally, NULL);

	tally_return(&tally, NULL, first);
	tally_return(&tally, NULL, second);
	assert_int_equal(workers(tally.pool), 1);
	/* The one returned last is the one lent next: it is the same worker. */
	assert_ptr_equal(tally_borrow(&tally, NULL), second);
	tally_return(&tally, NULL, second);
	dp_thread_detach(tally.pool);
	tally_leave(&tally);
	tally_end(&tally);
}

static void
return_is_a_first_use_too(void **state)
{
	struct tally tally;

	(void)state;
	tally_begin(&tally, M);
	struct dp_worker *worker = tally_attach(&tally);
	struct loan *loan = tally_borrow(&tally, worker);

	tally_enter(&tally);
	tally_return(&tally, NULL, loan);
	assert_int_equal(workers(tally.pool), 2);
	assert_int_equal(tally_balance(&tally).cached, 1);
	dp_thread_detach(tally.pool);
	tally_leave(&tally);
	assert_int_equal(workers(tally.pool), 1);
	tally_detach(&tally, worker);
	tally_end(&tally);
}

static void
thread_detach_without_a_worker_does_nothing(void **state)
{
	struct tally tally;

	(void)state;
	tally_begin(&tally, M);
	dp_thread_detach(tally.pool);
	tally_enter(&tally);
	visit(&tally);
	dp_thread_detach(tally.pool);
	dp_thread_detach(tally.pool);
	tally_leave(&tally);
	assert_int_equal(workers(tally.pool), 0);
	/* The next use attaches again. */
	tally_enter(&tally);
	visit(&tally);
	assert_int_equal(workers(tally.pool), 1);
	dp_thread_detach(tally.pool);
	tally_leave(&tally);
	tally_end(&tally);
}

struct party {
	struct tally tally;
	pthread_barrier_t met;
};

static void
visit_together(void *context, unsigned index)
{
	struct party *party = context;
	struct tally *tally = &party->tally;

	tally_enter(tally);
	struct loan *loan = tally_borrow(tally, NULL);

	pthread_barrier_wait(&party->met);
	if (index == 0)
		harness_equal("workers of as many threads", N_THREADS,
			      workers(tally->pool));
	pthread_barrier_wait(&party->met);
	tally_return(tally, NULL, loan);
	visit(tally);
}

static void
each_thread_has_its_own_worker_and_donates_it_at_exit(void **state)
{
	struct party party;

	(void)state;
	tally_begin(&party.tally, M);
	pthread_barrier_init(&party.met, NULL, N_THREADS);
	harness_race(N_THREADS, visit_together, &party);
	pthread_barrier_destroy(&party.met);
	for (int i = 0; i < N_THREADS; i++)
		tally_leave(&party.tally);
	struct dp_stats stats = tally_balance(&party.tally);

	assert_int_equal(stats.workers, 0);
	assert_int_equal(stats.peak_workers, N_THREADS);
	assert_int_equal(stats.cached, 0);
	assert_int_equal(stats.depot, stats.constructed - stats.destructed);
	tally_end(&party.tally);
}

static void *
visit_and_exit(void *arg)
{
	tally_enter(arg);
	visit(arg);
	pthread_exit(NULL);
}

static void *
visit_until_cancelled(void *arg)
{
	tally_enter(arg);
	visit(arg);
	/* Ends: it is the only place where a cancellation is heard. */
	for (;;)
		pthread_testcancel();
	return NULL;
}

static void
thread_that_exits_early_or_is_cancelled_donates_too(void **state)
{
	struct tally tally;
	pthread_t thread;

	(void)state;
	tally_begin(&tally, M);
	run(visit_and_exit, &tally);
	tally_leave(&tally);
	assert_int_equal(tally_balance(&tally).cached, 0);
	assert_int_equal(
		pthread_create(&thread, NULL, visit_until_cancelled, &tally),
		0);
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	tally_leave(&tally);
	assert_int_equal(tally_balance(&tally).cached, 0);
	tally_end(&tally);
}

static void *
borrow_one(void *arg)
{
	tally_enter(arg);
	return tally_borrow(arg, NULL);
}

static void
object_outlives_the_thread_that_borrowed_it(void **state)
{
	struct tally tally;
	pthread_t thread;
	void *loan;

	(void)state;
	tally_begin(&tally, M);
	assert_int_equal(pthread_create(&thread, NULL, borrow_one, &tally), 0);
	assert_int_equal(pthread_join(thread, &loan), 0);
	tally_leave(&tally);
	assert_int_equal(tally_balance(&tally).in_use, 1);
	tally_enter(&tally);
	tally_return(&tally, NULL, loan);
	dp_thread_detach(tally.pool);
	tally_leave(&tally);
	tally_end(&tally);
}

#define N_IN_TURN 1000
#define N_EACH 100

static void *
borrow_and_return_many(void *arg)
{
	struct loan *loans[N_EACH];

	tally_enter(arg);
	for (int i = 0; i < N_EACH; i++)
		loans[i] = tally_borrow(arg, NULL);
	for (int i = 0; i < N_EACH; i++)
		tally_return(arg, NULL, loans[i]);
	return NULL;
}

static void
a_thousand_threads_in_turn_construct_what_one_needs(void **state)
{
	struct tally tally;
	const unsigned magazine_size = DP_MAGAZINE_SIZE_DEFAULT;

	(void)state;
	tally_begin(&tally, magazine_size);
	for (int i = 0; i < HARNESS_LOAD(N_IN_TURN); i++) {
		run(borrow_and_return_many, &tally);
		tally_leave(&tally);
	}
	/* The control, which shares nothing, constructs them all each time. */
	if (leaks())
		assert_int_equal(tally_balance(&tally).constructed,
				 HARNESS_LOAD(N_IN_TURN) * N_EACH);
	else
		assert_in_range(tally_balance(&tally).constructed, N_EACH,
				N_EACH + 2 * magazine_size);
	tally_end(&tally);
}

/* --- Destructors of thread-specific data --------------------------------- */

/*
 * It is called again as long as it sets the value again, so many times; under
 * ThreadSanitizer one less, for in the last pass its own thread is gone.
 */
#define PASSES (HARNESS_TSAN ? 3 : 4)

static struct {
	pthread_key_t key;
	struct dp_pool *pool;
	int passes;
	bool before; /* does the thread use the pool before it ends? */
} late;

static void
use_late(void *value)
{
	if (++late.passes < PASSES)
		pthread_setspecific(late.key, value);
	void *object = dp_pool_borrow(late.pool);

	harness_equal("borrowed late", true, object != NULL);
	dp_pool_return(late.pool, object);
}

static void *
end_with_late_use(void *value)
{
	if (late.before)
		dp_pool_return(late.pool, dp_pool_borrow(late.pool));
	pthread_setspecific(late.key, value);
	return NULL;
}

/*
 * Some passes after the library's own destructor has run: nobody would detach
 * what the thread attached then.
 */
static void
destructor_that_borrows_in_its_last_pass_leaves_no_worker(void **state)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)state;
	config.object_size = 16;
	late.pool = dp_pool_create(&config);
	assert_int_equal(pthread_key_create(&late.key, use_late), 0);
	for (int i = 0; i < 4; i++) {
		late.before = i % 2 == 0;
		late.passes = 0;
		run(end_with_late_use, &late);
		assert_int_equal(late.passes, PASSES);
		assert_int_equal(workers(late.pool), 0);
	}
	assert_int_equal(dp_pool_destroy(late.pool), 0);
	pthread_key_delete(late.key);
}

/* --- Handles that move --------------------------------------------------- */

struct moving {
	struct tally tally;
	struct dp_worker *worker;
	struct loan *loan;
};

static void *
attach_and_borrow(void *arg)
{
	struct moving *moving = arg;

	moving->worker = tally_attach(&moving->tally);
	moving->loan = tally_borrow(&moving->tally, moving->worker);
	return NULL;
}

static void *
bind_return_and_borrow(void *arg)
{
	struct moving *moving = arg;

	dp_worker_bind(moving->worker);
	tally_return(&moving->tally, moving->worker, moving->loan);
	moving->loan = tally_borrow(&moving->tally, moving->worker);
	return NULL;
}

static void
handle_moves_to_the_thread_that_binds_it(void **state)
{
	struct moving moving;

	(void)state;
	tally_begin(&moving.tally, M);
	run(attach_and_borrow, &moving);
	/* It does not end with the thread that attached it. */
	assert_int_equal(workers(moving.tally.pool), 1);
	for (int i = 0; i < 10; i++)
		run(bind_return_and_borrow, &moving);
	dp_worker_bind(moving.worker);
	tally_return(&moving.tally, moving.worker, moving.loan);
	assert_int_equal(tally_balance(&moving.tally).constructed, 1);
	tally_detach(&moving.tally, moving.worker);
	tally_end(&moving.tally);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thread_gets_one_worker_at_its_first_use),
		cmocka_unit_test(return_is_a_first_use_too),
		cmocka_unit_test(thread_detach_without_a_worker_does_nothing),
		cmocka_unit_test(
			each_thread_has_its_own_worker_and_donates_it_at_exit),
		cmocka_unit_test(
			thread_that_exits_early_or_is_cancelled_donates_too),
		cmocka_unit_test(object_outlives_the_thread_that_borrowed_it),
		cmocka_unit_test(
			a_thousand_threads_in_turn_construct_what_one_needs),
		cmocka_unit_test(
			destructor_that_borrows_in_its_last_pass_leaves_no_worker),
		cmocka_unit_test(handle_moves_to_the_thread_that_binds_it),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
