/* SPDX-License-Identifier: MIT */
/* The checks of the other tests, each against what it is to find. */
#include "support/fate.h"
#include "support/tally.h"

static struct tally tally;
static struct dp_worker *worker;
static struct loan *loan;

/* A pool with an object that was lent once and is free again. */
static void
begin(void)
{
	tally_begin(&tally, 2);
	worker = tally_attach(&tally);
	loan = tally_borrow(&tally, worker);
	tally_return(&tally, worker, loan);
}

/*
 * What follows breaks objects while they are lent, and returns them by the
 * library's own call: what is written to an object that is free, a library with
 * checks or AddressSanitizer finds before the tally does.
 */
static void
borrow_what_is_lent(void *arg)
{
	(void)arg;
	begin();
	loan = tally_borrow(&tally, worker);
	loan->note = 0;
	dp_return(worker, loan);
	tally_borrow(&tally, worker);
}

static void
borrow_what_has_a_note(void *arg)
{
	(void)arg;
	begin();
	loan = dp_borrow(worker);
	loan->note = 1;
	dp_return(worker, loan);
	tally_borrow(&tally, worker);
}

static void
borrow_what_lost_its_cookie(void *arg)
{
	(void)arg;
	begin();
	loan = dp_borrow(worker);
	loan->cookie = 0;
	dp_return(worker, loan);
	tally_borrow(&tally, worker);
}

static void
return_what_is_free(void *arg)
{
	(void)arg;
	begin();
	loan = tally_borrow(&tally, worker);
	atomic_init(&loan->holder, NULL);
	tally_return(&tally, worker, loan);
}

static void
return_what_others_wrote(void *arg)
{
	(void)arg;
	begin();
	loan = tally_borrow(&tally, worker);
	loan->note = 0;
	tally_return(&tally, worker, loan);
}

static void
destruct_what_is_lent(void *arg)
{
	(void)arg;
	begin();
	loan = tally_borrow(&tally, worker);
	loan->note = 0;
	dp_return(worker, loan);
	tally_detach(&tally, worker);
	dp_pool_destroy(tally.pool);
}

static void
exceed_the_bound(void *arg)
{
	(void)arg;
	begin();
	/* A worker that the tally does not know of holds the first object. */
	struct dp_worker *unknown = dp_worker_attach(tally.pool);

	tally.bounded = true;
	loan = tally_borrow(&tally, worker);
	tally_return(&tally, unknown, loan);
	tally_borrow(&tally, worker);
}

static void
is_caught(void (*act)(void *arg), const char *words)
{
	struct fate fate = fate_is_abort(act, NULL);

	fate_says(&fate, words);
}

static void
a_broken_loan_is_caught(void **state)
{
	(void)state;
	is_caught(borrow_what_is_lent, "holder of an object borrowed");
	is_caught(borrow_what_has_a_note, "note in an object borrowed");
	is_caught(borrow_what_lost_its_cookie, "cookie of an object borrowed");
	is_caught(return_what_is_free, "holder of an object returned");
	is_caught(return_what_others_wrote, "note in an object returned");
	is_caught(destruct_what_is_lent, "holder of an object destructed");
}

static void
a_footprint_above_the_bound_is_caught(void **state)
{
	(void)state;
	is_caught(exceed_the_bound,
		  "objects constructed, at most: expected 1 (0x1), "
		  "actual 2");
}

static void
what_holds_passes(void **state)
{
	(void)state;
	begin();
	tally_detach(&tally, worker);
	tally_end(&tally);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_broken_loan_is_caught),
		cmocka_unit_test(a_footprint_above_the_bound_is_caught),
		cmocka_unit_test(what_holds_passes),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
