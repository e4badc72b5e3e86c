/* SPDX-License-Identifier: MIT */
/*
 * The crowd: virtual workers, which all take their turns in one thread, and the
 * objects that they have out.  An object has a number while it is out, so that
 * what is done with it can be written down and done again.
 *
 * Here the peak in use is known at each instant, so the bound is held against
 * it at each instant, too, without a look at the subject at each of them.  A
 * borrow adds one object to the footprint at most, and only if it leaves the
 * worker's own cache.  So nothing can have gone wrong since the last look if
 * there were no more such borrows than there was room below the bound; and
 * while the peak does not rise, one look at the end serves for all that went
 * before, since a footprint does not shrink meanwhile.
 */
#ifndef CROWD_H
#define CROWD_H

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/team.h"
#include "load/trace.h"
#include "load/workload.h"

#include SUBJECT

/* Virtual CPUs at most; a worker goes to the next one after so many calls. */
#define CROWD_CPUS_MAX 64u
#define CROWD_STAY_CALLS 1024u

/* Owner: the one thread, as of all here. */
struct virtual_worker {
	struct subject_worker worker;
	uint32_t stay; /* calls left on this CPU */
	int cpu;
	uint64_t borrows;
	uint64_t returns;
};

/* An object that is out. */
struct loan {
	void *object; /* NULL: the number is free */
	uint32_t borrower;
};

/*
 * Invariant: in_use loans are out; in_use <= peak; at the last look the
 * footprint was `room` below the bound, less what the peak rose by since;
 * `chances` borrows since then might have constructed.
 */
struct crowd {
	struct subject *subject;
	struct virtual_worker *each;
	unsigned n;
	unsigned cpus;
	bool crosses;
	bool touch;
	struct loan *loans;
	uint32_t numbers; /* of loans */
	uint64_t borrows; /* of all workers */
	uint64_t returns;
	uint64_t migrated;
	size_t in_use;
	size_t peak;
	size_t room; /* SIZE_MAX: there is no bound */
	size_t chances;
	uint64_t footprint_peak;
	bool bound_ok;
	FILE *record; /* NULL: none */
};

/* 0 or -errno; crowd_close() is fine then, too. */
int crowd_open(struct crowd *crowd, const struct workload *workload,
	       uint32_t numbers, size_t in_use_ceiling);
/* Nobody is attached any more. */
void crowd_close(struct crowd *crowd);
/* All attach or detach. */
void crowd_attach(struct crowd *crowd);
void crowd_detach(struct crowd *crowd);
/* Worker i detaches, and another thread's would take its place. */
void crowd_succeed(struct crowd *crowd, unsigned i);

/* Reads the subject's numbers, and holds its footprint against the bound. */
void crowd_look(struct crowd *crowd, struct subject_stats *stats);

/* The rare parts of borrowing and returning. */
void crowd_rise(struct crowd *crowd);
void crowd_move(struct crowd *crowd, unsigned i);

/* One thread, but the same accesses as the team's. */
static inline void
crowd_touch(const struct crowd *c, void *object, uint64_t add)
{
	_Atomic uint64_t *value = object;

	if (!c->touch)
		return;
	/* BV1 relaxed: a stand-in for the user's own accesses. */
	add += atomic_load_explicit(value, memory_order_relaxed);
	/* BV2 relaxed: the same. */
	atomic_store_explicit(value, add, memory_order_relaxed);
}

/* Worker i borrows an object, which gets the number; the number is free. */
static inline void
crowd_borrow(struct crowd *c, unsigned i, uint32_t number)
{
	struct virtual_worker *v = &c->each[i];
	struct loan *loan = &c->loans[number];

	if (__builtin_expect(c->in_use == c->peak, 0))
		crowd_rise(c);
	c->in_use++;
	c->chances += subject_borrow_exchanges(v->worker);
	loan->object = subject_borrow(v->worker, c->crosses);
	if (__builtin_expect(loan->object == NULL, 0))
		team_fail("borrow an object", errno);
	loan->borrower = i;
	crowd_touch(c, loan->object, 1);
	v->borrows++;
	c->borrows++;
	if (__builtin_expect(c->record != NULL, 0))
		trace_write(c->record, i, true, number);
	if (__builtin_expect(--v->stay == 0, 0))
		crowd_move(c, i);
}

/* Worker i returns the object of this number. */
static inline void
crowd_return(struct crowd *c, unsigned i, uint32_t number)
{
	struct virtual_worker *v = &c->each[i];
	struct loan *loan = &c->loans[number];

	crowd_touch(c, loan->object, 1);
	subject_return(v->worker, loan->object, c->crosses);
	loan->object = NULL;
	c->in_use--;
	c->migrated += loan->borrower != i;
	v->returns++;
	c->returns++;
	if (__builtin_expect(c->record != NULL, 0))
		trace_write(c->record, i, false, number);
	if (__builtin_expect(--v->stay == 0, 0))
		crowd_move(c, i);
}

#endif
