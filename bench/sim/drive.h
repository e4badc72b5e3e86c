/* SPDX-License-Identifier: MIT */
/*
 * What drives a crowd by a workload: the workers take turns of some operations
 * each; an object that goes back elsewhere waits there until a burst has come
 * in, which is then returned at once.  So there is one FIFO for each worker, of
 * a burst, and none is ever full for longer than it takes to empty it.
 * All decisions follow from the seed.
 */
#ifndef DRIVE_H
#define DRIVE_H

#include "crowd.h"
#include "load/lottery.h"

/* In place of an object's number: none. */
#define DRIVE_NONE UINT32_MAX

/* A worker's objects out, by number.  Owner: the drive. */
struct drive_worker {
	uint32_t held_at; /* the oldest one held */
	uint32_t came;    /* inbox[0 .. came) have come in */
	uint32_t life;    /* operations until the worker ends */
	double due;       /* of a tide: operations not yet done */
};

/*
 * Invariant: free_numbers[0 .. n_free) are not out; a worker's row of `held`
 * has `delay` numbers or DRIVE_NONE, its row of `inboxes` less than a burst.
 */
struct drive {
	const struct workload *workload;
	struct crowd *crowd;
	struct drive_worker *each;
	uint32_t *held;
	uint32_t *inboxes;
	uint32_t *free_numbers;
	uint32_t n_free;
	uint32_t delay;
	uint64_t sent; /* decided to go back on another worker */
	uint64_t kept; /* on the borrower */
	uint64_t random;
	uint64_t migrates; /* of 2^32 decisions */
	unsigned front;    /* workers of the first half */
	unsigned borrowers;
	/* Of Zipf: for the first worker, which does not draw itself, and for
	 * all others. */
	struct lottery first, others;
	/* The turn. */
	unsigned at;
	uint32_t left;
	/* Of a tide. */
	bool front_floods;
	uint32_t tide_left;
};

/* False: out of memory; drive_close() is fine then, too. */
bool drive_open(struct drive *drive, const struct workload *workload,
		struct crowd *crowd);
void drive_close(struct drive *drive);
/* So many operations. */
void drive_run(struct drive *drive, uint64_t operations);
/* All that is out goes back: where it has come in, else where it is held. */
void drive_clear(struct drive *drive);

#endif
