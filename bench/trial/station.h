/* SPDX-License-Identifier: MIT */
/*
 * A station: the place of one worker with all it works with, that is, the
 * objects it has out, the rings from and to others, and its decisions.  It
 * outlasts the threads that take turns at it.
 */
#ifndef STATION_H
#define STATION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "shared/cpu.h"
#include "measure/latency.h"
#include "base/ring.h"
#include "base/team.h"
#include "load/tide.h"
#include "load/workload.h"

#include SUBJECT

/* Between two looks at the stop flag, and between two publications: so many
 * operations, or fewer if they think longer than this. */
#define STATION_BLOCK_OPS 64u
#define STATION_BLOCK_NS 1000000u

/*
 * Invariant (between operations): borrowed - kept - cleared - sent are out, all
 * of them in held[] or lent[]; kept + cleared + received are back.
 */
struct station {
	/* Read-only while threads run. */
	_Alignas(CPU_APART_BYTES) struct team *team;
	const struct workload *workload;
	struct subject *subject;
	unsigned index;
	bool borrows;
	bool crosses;
	bool touch;
	uint32_t burst;
	uint32_t delay;        /* length of held[], hold - 1 but in a spike */
	uint64_t think_turns;  /* 0: do not think */
	uint8_t *destinations; /* a table to draw from */
	struct ring **outbox;  /* by destination; NULL: none */
	struct ring **inbox;   /* those that exist */
	unsigned inboxes;
	void **held;             /* the objects out, a circle */
	struct latency *latency; /* NULL: nothing is timed */
	uint32_t block;          /* operations between looks at the stop flag */
	struct tide *tide;       /* NULL: there is none */
	bool front;              /* half of the tide */
	bool leads;              /* the half: counts the operations */
	double ebb_gain;         /* borrows for each object received */

	/* The thread's at work. */
	_Alignas(CPU_APART_BYTES) struct subject_worker worker;
	struct member member;
	uint32_t held_at; /* the oldest */
	uint32_t lent_n;  /* what a spike left out is lent[0 .. lent_n) */
	void **lent;
	unsigned inbox_at; /* the next to drain */
	uint64_t random;
	uint64_t numbers; /* drawn: 16 bits for a decision */
	uint32_t drawn;   /* decisions so far, modulo 2^32 */
	bool spare_full;  /* the cache's half that is not at hand, if timed */
	uint64_t claimed; /* operations of the team's stock left */
	uint64_t life;    /* operations until the thread ends */
	unsigned phases;  /* to go, the running one included */
	bool in_phase;
	unsigned idle;      /* fruitless turns in a row */
	uint32_t tide_left; /* operations at flood until it turns */
	double ebb_credit;  /* operations that ebb allows */
	/* Totals. */
	uint64_t borrowed;
	uint64_t kept;    /* returned here what was borrowed here */
	uint64_t cleared; /* the same, at the end of a thread or trial */
	uint64_t sent;
	uint64_t received; /* returned here from elsewhere */
	uint64_t full;     /* pushes that found a ring full */

	/* Written by the thread at work, read by the main thread. */
	_Alignas(CPU_APART_BYTES) _Atomic uint64_t borrows_seen;
	_Atomic uint64_t returns_seen;
};

/* All stations of a trial with the rings between them. */
struct stations {
	unsigned n;
	struct station *each;
	struct ring *rings;
	void *tables;              /* destinations, boxes and held */
	struct latency *latencies; /* NULL: nothing is timed */
	struct tide *tide;         /* NULL: there is none */
};

/* Everything is written to once, so that no page is new to the trial. */
int stations_open(struct stations *stations, const struct workload *workload,
		  bool latency, struct team *team, struct subject *subject);
void stations_close(struct stations *stations);

static inline void
station_publish(struct station *s)
{
	/* BS1 relaxed: a number for the sampler; it publishes nothing. */
	atomic_store_explicit(&s->borrows_seen, s->borrowed,
			      memory_order_relaxed);
	/* BS2 relaxed: the same. */
	atomic_store_explicit(&s->returns_seen,
			      s->kept + s->cleared + s->received,
			      memory_order_relaxed);
}

/* What the sampler reads: at most a block behind. */
static inline uint64_t
station_borrows(struct station *s)
{
	/* BS3 relaxed: see BS1. */
	return atomic_load_explicit(&s->borrows_seen, memory_order_relaxed);
}

static inline uint64_t
station_returns(struct station *s)
{
	/* BS4 relaxed: see BS2. */
	return atomic_load_explicit(&s->returns_seen, memory_order_relaxed);
}

#endif
