/* SPDX-License-Identifier: MIT */
/*
 * A tally: a pool of which every object, loan and worker is counted by the test
 * itself, never by asking the library.
 *
 * Checked while threads run, on pain of abort():
 *  - the footprint bound, at each construction;
 *  - lending: nobody borrows what is lent, or returns what is not;
 *  - objects: constructed before and destructed after all their loans, and what
 *    a borrower wrote is there when the object is returned.
 * Checked at rest by tally_balance(): the library's numbers against these.
 *
 * The bound allows for two magazines a trim under way: what a trim has taken is
 * condemned, but counted here when its destructor has run; and it moves what
 * parked workers left.
 */
#ifndef TALLY_H
#define TALLY_H

#include <stdatomic.h>
#include <stdbool.h>

#include <driftpool/pool.h>

#include "harness.h"

/* What a refused construction reports: no errno of the library's own. */
#define TALLY_REFUSAL EDQUOT

/* A number now, and the most it ever was. */
struct tally_level {
	_Atomic size_t now, peak;
};

/* Any thread; the fields at the top are constant while threads run. */
struct tally {
	struct dp_pool *pool;
	size_t magazine_size;
	/* Not with the backend `none`. */
	bool bounded;
	/* Constructions after which all are refused. */
	size_t limit;
	/* One construction in so many is refused; 0: none. */
	unsigned refuse_one_in;
	/* Of objects, workers, calls of trim. */
	struct tally_level in_use, workers, trims;
	/* Objects. */
	_Atomic size_t constructed, destructed, reserved;
	/* Calls of the constructor. */
	_Atomic size_t tried;
};

/* The object. */
struct loan {
	/* The worker that has it; the pool, for a thread-local one; NULL. */
	_Atomic(const void *) holder;
	uint64_t cookie;
	/* Plain on purpose: a lost hand-over is a data race. */
	uint64_t note;
};

/* Does the backend share?  All but `none` do. */
bool tally_shares(void);

/* Makes a pool of struct loan, M = magazine_size. */
void tally_begin(struct tally *tally, unsigned magazine_size);

/* Destroys it.  pre: all is returned and detached */
void tally_end(struct tally *tally);

/* By the tally's own numbers. */
size_t tally_bound(struct tally *tally);
size_t tally_footprint(struct tally *tally);
size_t tally_constructed(struct tally *tally);

/* At rest: audits, compares all numbers, returns the library's. */
struct dp_stats tally_balance(struct tally *tally);

struct dp_worker *tally_attach(struct tally *tally);
void tally_detach(struct tally *tally, struct dp_worker *worker);

/* Around the life of a thread that uses its thread-local worker. */
void tally_enter(struct tally *tally);
void tally_leave(struct tally *tally);

/* As dp_borrow() and so on; worker NULL: the thread-local one. */
struct loan *tally_borrow(struct tally *tally, struct dp_worker *worker);
void tally_return(struct tally *tally, struct dp_worker *worker,
		  struct loan *loan);
size_t tally_borrow_bulk(struct tally *tally, struct dp_worker *worker,
			 void **loans, size_t n);
void tally_return_bulk(struct tally *tally, struct dp_worker *worker,
		       void *const *loans, size_t n);
int tally_reserve(struct tally *tally, size_t n);
size_t tally_trim(struct tally *tally, size_t keep);

#endif
