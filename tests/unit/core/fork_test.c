/* SPDX-License-Identifier: MIT */
/*
 * fork() between dp_fork_prepare() and its two sequels: the child's one thread
 * goes on with its own workers and with pools new and old, and the parent with
 * all of them, whatever other threads were doing at that moment.
 *
 * A child that hangs is ended by its alarm clock, and reported as that.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <urcu/urcu-bp.h>

#include "support/child.h"
#include "support/tally.h"

#define M 4
#define N_LOANS (5 * M)

/* In a child, which is not cmocka's: ends it, and says what it was. */
static void
must(const char *claim, bool holds)
{
	harness_equal(claim, true, holds);
}

static struct dp_pool *
create(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "made in a child";
	config.object_size = 40;
	config.magazine_size = M;
	return dp_pool_create(&config);
}

/* --- What a child does --------------------------------------------------- */

static void
use_worker(struct tally *tally, struct dp_worker *worker)
{
	struct loan *loans[N_LOANS];

	for (int i = 0; i < N_LOANS; i++) {
		loans[i] = tally_borrow(tally, worker);
		must("a loan in the child", loans[i] != NULL);
	}
	for (int i = 0; i < N_LOANS; i++)
		tally_return(tally, worker, loans[i]);
}

static void
use_pool_of_its_own(void)
{
	struct dp_pool *pool = create();
	struct dp_worker *worker = dp_worker_attach(pool);
	void *objects[N_LOANS];

	must("a bulk borrow in the child",
	     dp_borrow_bulk(worker, objects, N_LOANS) == N_LOANS);
	must("destroy while busy in the child",
	     dp_pool_destroy(pool) == -EBUSY);
	dp_return_bulk(worker, objects, N_LOANS);
	dp_pool_return(pool, dp_pool_borrow(pool));
	dp_worker_detach(worker);
	dp_thread_detach(pool);
	dp_pool_trim(pool, M);
	must("audit in the child", dp_pool_audit(pool) == 0);
	must("destroy in the child", dp_pool_destroy(pool) == 0);
}

/* The parent's, inherited: a pool and what the forking thread has of it. */
struct estate {
	struct tally tally;
	struct dp_worker *worker;
	_Atomic bool over;
	int bad_status;
};

static void
use_all(void *arg)
{
	struct estate *estate = arg;
	struct tally *tally = &estate->tally;
	struct dp_stats stats;

	use_worker(tally, estate->worker);
	use_worker(tally, NULL);
	use_pool_of_its_own();
	struct dp_worker *worker = tally_attach(tally);

	use_worker(tally, worker);
	tally_detach(tally, worker);
	dp_thread_detach(tally->pool);
	tally_detach(tally, estate->worker);
	tally_reserve(tally, M);
	tally_trim(tally, 0);
	dp_pool_stats(tally->pool, &stats);
	must("stats in the child", stats.constructed >= stats.destructed);
}

static void
use_all_and_destroy(void *arg)
{
	struct estate *estate = arg;

	use_all(arg);
	/* No other thread's worker is attached. */
	must("destroy of the parent's pool",
	     dp_pool_destroy(estate->tally.pool) == 0);
	must("all destructed", tally_footprint(&estate->tally) == 0);
}

/* --- One thread ---------------------------------------------------------- */

static void
estate_begin(struct estate *estate)
{
	tally_begin(&estate->tally, M);
	estate->worker = tally_attach(&estate->tally);
	tally_enter(&estate->tally);
	use_worker(&estate->tally, estate->worker);
	use_worker(&estate->tally, NULL);
}

static void
estate_end(struct estate *estate)
{
	use_worker(&estate->tally, estate->worker);
	use_worker(&estate->tally, NULL);
	dp_thread_detach(estate->tally.pool);
	tally_leave(&estate->tally);
	tally_detach(&estate->tally, estate->worker);
	tally_end(&estate->tally);
}

static void
child_and_parent_both_go_on_with_the_workers_of_their_thread(void **state)
{
	struct estate estate;

	(void)state;
	estate_begin(&estate);
	assert_int_equal(child_run(use_all_and_destroy, &estate), 0);
	estate_end(&estate);
}

static void
fork_with_installed_handlers(void *arg)
{
	must("pthread_atfork", pthread_atfork(dp_fork_prepare, dp_fork_parent,
					      dp_fork_child) == 0);
	pid_t child = fork();

	if (child == 0) {
		alarm(CHILD_S);
		use_all_and_destroy(arg);
		harness_leave(0);
	}
	must("a child with handlers", child_wait(child) == 0);
	use_all_and_destroy(arg);
}

static void
handlers_fit_pthread_atfork(void **state)
{
	struct estate estate;

	(void)state;
	estate_begin(&estate);
	/* In a child, for handlers cannot be taken out again. */
	assert_int_equal(child_run(fork_with_installed_handlers, &estate), 0);
	estate_end(&estate);
}

/* --- More threads -------------------------------------------------------- */

/* Main and one more thread, in step. */
struct guest {
	pthread_barrier_t step;
	struct dp_pool *pool;
};

static void *
attach_and_wait(void *arg)
{
	struct guest *guest = arg;
	struct dp_worker *worker = dp_worker_attach(guest->pool);

	pthread_barrier_wait(&guest->step);
	pthread_barrier_wait(&guest->step);
	dp_worker_detach(worker);
	return NULL;
}

static void
fail_to_destroy(void *arg)
{
	struct guest *guest = arg;
	struct dp_stats stats;

	dp_pool_stats(guest->pool, &stats);
	must("a worker whose thread is not here", stats.workers == 1);
	must("destroy of its pool", dp_pool_destroy(guest->pool) == -EBUSY);
	/* But it can be used. */
	dp_pool_return(guest->pool, dp_pool_borrow(guest->pool));
	dp_thread_detach(guest->pool);
	must("audit of its pool", dp_pool_audit(guest->pool) == 0);
}

static void
worker_of_a_thread_that_the_child_lacks_stays_attached_there(void **state)
{
	struct guest guest = { .pool = create() };
	pthread_t thread;

	(void)state;
	pthread_barrier_init(&guest.step, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, attach_and_wait, &guest),
			 0);
	pthread_barrier_wait(&guest.step);
	assert_int_equal(child_run(fail_to_destroy, &guest), 0);
	pthread_barrier_wait(&guest.step);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_barrier_destroy(&guest.step);
	assert_int_equal(dp_pool_destroy(guest.pool), 0);
}

static void *
read_and_wait(void *arg)
{
	struct guest *guest = arg;

	urcu_bp_read_lock();
	pthread_barrier_wait(&guest->step);
	pthread_barrier_wait(&guest->step);
	urcu_bp_read_unlock();
	return NULL;
}

static void
attach_and_detach(void *arg)
{
	struct guest *guest = arg;

	dp_worker_detach(dp_worker_attach(guest->pool));
	must("destroy of a pool", dp_pool_destroy(guest->pool) == 0);
}

/* Detach waits for readers; these are liburcu's handlers, too. */
static void
reader_that_the_child_lacks_is_not_waited_for(void **state)
{
	struct guest guest = { .pool = create() };
	pthread_t thread;

	(void)state;
	pthread_barrier_init(&guest.step, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, read_and_wait, &guest),
			 0);
	pthread_barrier_wait(&guest.step);
	assert_int_equal(child_run(attach_and_detach, &guest), 0);
	pthread_barrier_wait(&guest.step);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_barrier_destroy(&guest.step);
	assert_int_equal(dp_pool_destroy(guest.pool), 0);
}

#define N_THREADS 4
#define N_FORKS 64

static bool
is_over(struct estate *estate)
{
	/* FK2 relaxed: it may be heard one turn later. */
	return atomic_load_explicit(&estate->over, memory_order_relaxed);
}

/* Does all there is to do, until the last fork is over. */
static void
hammer(struct estate *estate, unsigned index)
{
	struct tally *tally = &estate->tally;
	void *loans[N_LOANS];

	while (!is_over(estate)) {
		struct dp_worker *a = tally_attach(tally);
		struct dp_worker *b = tally_attach(tally);
		struct dp_stats stats;

		for (int turn = 0; turn < 16; turn++) {
			size_t n = tally_borrow_bulk(tally, a, loans, N_LOANS);

			tally_return_bulk(tally, b, loans, n);
		}
		if (index % 2 == 0)
			tally_trim(tally, M);
		else
			dp_pool_stats(tally->pool, &stats);
		tally_detach(tally, a);
		tally_detach(tally, b);
		use_pool_of_its_own();
	}
}

static void
hammer_or_fork(void *context, unsigned index)
{
	struct estate *estate = context;

	if (index > 0) {
		hammer(estate, index);
		return;
	}
	estate->worker = tally_attach(&estate->tally);
	tally_enter(&estate->tally);
	use_worker(&estate->tally, NULL);
	for (int i = 0; i < N_FORKS; i++) {
		use_worker(&estate->tally, estate->worker);
		int status = child_run(use_all, estate);

		if (status != 0)
			estate->bad_status = status;
	}
	/* FK1 relaxed: it publishes nothing. */
	atomic_store_explicit(&estate->over, true, memory_order_relaxed);
	dp_thread_detach(estate->tally.pool);
	tally_leave(&estate->tally);
	tally_detach(&estate->tally, estate->worker);
}

static void
child_can_do_all_while_other_threads_hammer_the_pool(void **state)
{
	struct estate estate = { .bad_status = 0 };

	(void)state;
	/* Their allocators may be locked for ever in the child of a thread. */
	if (HARNESS_ASAN || HARNESS_TSAN)
		skip();
	tally_begin(&estate.tally, M);
	alarm(2 * CHILD_S);
	harness_race(N_THREADS, hammer_or_fork, &estate);
	alarm(0);
	assert_int_equal(estate.bad_status, 0);
	tally_end(&estate.tally);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			child_and_parent_both_go_on_with_the_workers_of_their_thread),
		cmocka_unit_test(handlers_fit_pthread_atfork),
		cmocka_unit_test(
			worker_of_a_thread_that_the_child_lacks_stays_attached_there),
		cmocka_unit_test(reader_that_the_child_lacks_is_not_waited_for),
		cmocka_unit_test(
			child_can_do_all_while_other_threads_hammer_the_pool),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
