/* SPDX-License-Identifier: MIT */
/*
 * A workload: who borrows, how long objects stay out, where they go back.
 * The cases are presets of it.  All functions are pure.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Simulated workers; and threads, for one byte names a worker in a table. */
#define WORKLOAD_WORKERS_MAX 4096u
#define WORKLOAD_THREADS_MAX 256u
#define WORKLOAD_HOLD_MAX 1048576u
#define WORKLOAD_BURST_MAX 256u
#define WORKLOAD_LIVE_MAX 16384u
#define WORKLOAD_SPIKE_MAX 100u
#define WORKLOAD_KEPT_MAX .5
/* Entries in a table of destinations; a share is exact to one part in it. */
#define WORKLOAD_TABLE_ENTRIES 4096u

enum destination {
	DESTINATION_LOCAL,   /* the borrower */
	DESTINATION_RING,    /* the next worker */
	DESTINATION_UNIFORM, /* any other worker */
	DESTINATION_ZIPF,   /* another one, worker j with weight (j+1)^-theta */
	DESTINATION_ONEWAY, /* the first half borrows, the second returns */
	DESTINATION_TIDE    /* the other half of the workers; see below */
};

/*
 * A tide: the half that is at flood makes this share of all borrows.  When its
 * first worker has made tide_ops of them, the other half takes over.
 */
#define WORKLOAD_TIDE_BIAS .85
#define WORKLOAD_TIDE_OPS_MAX 1000000000u

/*
 * Invariant, after options_parse(): every field within its range; migrate is 0
 * where there is nowhere to migrate to.
 */
struct workload {
	const char *case_name;
	unsigned workers; /* 1 .. WORKLOAD_WORKERS_MAX */
	double migrate;   /* p, 0 .. 1 */
	enum destination destination;
	double theta;          /* of DESTINATION_ZIPF */
	unsigned tide_ops;     /* of DESTINATION_TIDE */
	unsigned burst;        /* objects delivered at once */
	unsigned hold;         /* objects a borrower has out */
	unsigned spike;        /* times that in the measured phase; 0: once */
	double kept;           /* of a spike: this share stays out */
	unsigned ring;         /* objects a ring may hold; 0: as below */
	unsigned lifetime_ops; /* a thread's; 0: the whole trial */
	uint64_t think_ns;     /* between borrow and return */
	size_t object_bytes;
	unsigned magazine; /* objects in a magazine */
	uint64_t trim;     /* exchanges of dp_config.trim; 0: never */
	bool touch;        /* both sides access the object */
	unsigned live;     /* fibers at once; 0: objects, and no fibers */
	bool sleeps;       /* a fiber sleeps; else it yields */
	uint64_t seed;
};

/* A case: the preset, the fewest workers it makes sense with, and a line. */
struct workload_case {
	const char *name;
	unsigned workers_min;
	struct workload preset;
	const char *summary;
};

/* All cases; the last one has the name NULL. */
const struct workload_case *workload_cases(void);
/* NULL: there is none of this name. */
const struct workload_case *workload_case_find(const char *name);

const char *workload_destination_name(enum destination destination);
/* With what it is a parameter of: "zipf:0.99". */
void workload_destination_print(const struct workload *w, char *text,
				size_t bytes);

/* Does any object go back on another worker? */
bool workload_crosses(const struct workload *w);
/* Does worker i borrow at all? */
bool workload_borrows(const struct workload *w, unsigned i);
unsigned workload_borrowers(const struct workload *w);

/* What a borrower has out at the height of the spike, if there is one. */
size_t workload_hold_most(const struct workload *w);
/*
 * What a borrower has to have out so that a spike adds 64 MiB and some more:
 * what caches have at hand is no part of it.
 */
unsigned workload_spike_hold(const struct workload *w);

/* Is worker i of the half that borrows, or that is first at flood? */
bool workload_in_front(const struct workload *w, unsigned i);

/* P[i][j]: the share of what worker i borrows that goes back on worker j. */
double workload_share(const struct workload *w, unsigned i, unsigned j);
/*
 * Sums over i of borrows[i] P[i][j]: how much goes back on each worker j.  In
 * time proportional to the workers.
 */
void workload_returns(const struct workload *w, const double *borrows,
		      double *returns);
/*
 * Row i of P as a table to draw from: each worker as often as its share says,
 * rounded by largest remainders, so that the migration rate is exact.
 */
void workload_table(const struct workload *w, unsigned i,
		    uint8_t table[WORKLOAD_TABLE_ENTRIES]);

/* Rings between workers: pairs (i, j) that some object crosses. */
unsigned workload_rings(const struct workload *w);
/*
 * Objects that a ring may hold, if nothing else is asked for: 256 up to 16
 * workers, then less, so that a worker's rings together hold 4,096; but a burst
 * fits always.
 */
unsigned workload_ring_capacity(const struct workload *w);
/*
 * The most objects in use at once: every borrower has at most `hold` out, one
 * in its hands among them, and every ring is full.  What a drain is returning
 * still counts as in the ring.  Each borrower has the same share of it.  Of
 * fibers, each has one table at most.
 */
size_t workload_in_use_ceiling(const struct workload *w);
/* The same of a simulation, where each worker has one FIFO, of a burst. */
size_t workload_sim_ceiling(const struct workload *w);

#endif
