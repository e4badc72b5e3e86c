/* SPDX-License-Identifier: MIT */
/* The cases and the matrix of who returns what who borrowed. */
#include "workload.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Objects in a ring, and in all rings to one worker together. */
#define RING_OBJECTS 256u
#define RING_OBJECTS_ALL 4096u
/* What a spike adds, in bytes of objects. */
#define SPIKE_BYTES ((size_t)72 << 20)

static const struct workload_case cases[] = {
	{ "hot",
	  1,
	  { .migrate = 0,
	    .destination = DESTINATION_LOCAL,
	    .burst = 1,
	    .hold = 1 },
	  "borrow and return on the same worker: the hit path" },
	{ "keep",
	  1,
	  { .migrate = 0,
	    .destination = DESTINATION_LOCAL,
	    .burst = 1,
	    .hold = 128 },
	  "the same, but 128 objects are out: the cache overflows" },
	{ "steal",
	  1,
	  { .migrate = .5,
	    .destination = DESTINATION_UNIFORM,
	    .burst = 4,
	    .hold = 16 },
	  "half of the objects go back on any other worker: work stealing" },
	{ "hotspot",
	  4,
	  { .migrate = .5,
	    .destination = DESTINATION_ZIPF,
	    .theta = .99,
	    .burst = 8,
	    .hold = 16 },
	  "half of the objects go back on others, most on the first: drift" },
	{ "pipe",
	  2,
	  { .migrate = 1,
	    .destination = DESTINATION_ONEWAY,
	    .burst = 32,
	    .hold = 16 },
	  "the first half of the workers borrows, the rest returns" },
	{ "burst",
	  1,
	  { .migrate = .5,
	    .destination = DESTINATION_UNIFORM,
	    .burst = 256,
	    .hold = 256 },
	  "half of the objects go back on others, 256 at a time" },
	{ "tide",
	  2,
	  { .migrate = 1,
	    .destination = DESTINATION_TIDE,
	    .burst = 8,
	    .hold = 16 },
	  "half of the workers borrows 85 %, the rest returns them; in turn" },
	{ "churn",
	  1,
	  { .migrate = .25,
	    .destination = DESTINATION_UNIFORM,
	    .burst = 4,
	    .hold = 16,
	    .lifetime_ops = 50000 },
	  "worker threads end after 50,000 operations, others take over" },
	{ "spike",
	  1,
	  { .migrate = .5,
	    .destination = DESTINATION_UNIFORM,
	    .burst = 4,
	    .hold = 1,
	    .spike = 10 },
	  "ten times as many objects are out for a while; what comes back" },
	{ "fibers",
	  1,
	  { .migrate = 0,
	    .destination = DESTINATION_LOCAL,
	    .burst = 1,
	    .hold = 1,
	    .live = 1000 },
	  "1,000 fibers, each with a table of values, go where they are stolen "
	  "to" },
	{ NULL, 0, { 0 }, NULL },
};

const struct workload_case *
workload_cases(void)
{
	return cases;
}

const struct workload_case *
workload_case_find(const char *name)
{
	for (const struct workload_case *c = cases; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

const char *
workload_destination_name(enum destination destination)
{
	static const char *const names[] = {
		[DESTINATION_LOCAL] = "local",     [DESTINATION_RING] = "ring",
		[DESTINATION_UNIFORM] = "uniform", [DESTINATION_ZIPF] = "zipf",
		[DESTINATION_ONEWAY] = "oneway",   [DESTINATION_TIDE] = "tide",
	};

	return names[destination];
}

void
workload_destination_print(const struct workload *w, char *text, size_t bytes)
{
	const char *name = workload_destination_name(w->destination);

	if (w->destination == DESTINATION_ZIPF)
		snprintf(text, bytes, "%s:%g", name, w->theta);
	else if (w->destination == DESTINATION_TIDE)
		snprintf(text, bytes, "%s:%u", name, w->tide_ops);
	else
		snprintf(text, bytes, "%s", name);
}

bool
workload_crosses(const struct workload *w)
{
	return w->migrate > 0 && w->destination != DESTINATION_LOCAL &&
	       w->workers > 1;
}

/* Workers of the front half. */
static unsigned
workload_front(const struct workload *w)
{
	return w->workers / 2;
}

bool
workload_in_front(const struct workload *w, unsigned i)
{
	return i < workload_front(w);
}

unsigned
workload_borrowers(const struct workload *w)
{
	if (w->destination == DESTINATION_ONEWAY && workload_crosses(w))
		return workload_front(w);
	return w->workers;
}

bool
workload_borrows(const struct workload *w, unsigned i)
{
	return i < workload_borrowers(w);
}

size_t
workload_hold_most(const struct workload *w)
{
	return (size_t)w->hold * (w->spike > 0 ? w->spike : 1);
}

unsigned
workload_spike_hold(const struct workload *w)
{
	size_t each = w->object_bytes * (w->spike - 1) * workload_borrowers(w);
	size_t hold = (SPIKE_BYTES + each - 1) / each;

	return hold < WORKLOAD_HOLD_MAX ? (unsigned)hold : WORKLOAD_HOLD_MAX;
}

/* How much worker i likes to send to j; only the ratios matter. */
static double
destination_weight(const struct workload *w, unsigned i, unsigned j)
{
	if (i == j)
		return 0;
	switch (w->destination) {
	case DESTINATION_LOCAL:
		return 0;
	case DESTINATION_RING:
		return j == (i + 1) % w->workers;
	case DESTINATION_UNIFORM:
		return 1;
	case DESTINATION_ZIPF:
		return pow(j + 1, -w->theta);
	case DESTINATION_ONEWAY:
		return j >= workload_borrowers(w);
	case DESTINATION_TIDE:
		return workload_in_front(w, i) != workload_in_front(w, j);
	}
	return 0;
}

static double
destination_weights(const struct workload *w, unsigned i)
{
	double sum = 0;

	for (unsigned j = 0; j < w->workers; j++)
		sum += destination_weight(w, i, j);
	return sum;
}

double
workload_share(const struct workload *w, unsigned i, unsigned j)
{
	if (!workload_crosses(w) || !workload_borrows(w, i))
		return i == j;
	if (i == j)
		return 1 - w->migrate;
	return w->migrate * destination_weight(w, i, j) /
	       destination_weights(w, i);
}

/* Returns that reach j, of a whole: what goes elsewhere goes to a half. */
static void
returns_across(const struct workload *w, const double *borrows, double *returns)
{
	unsigned front = workload_front(w);
	double halves[2] = { 0 };

	for (unsigned i = 0; i < w->workers; i++)
		if (workload_borrows(w, i))
			halves[i >= front] += borrows[i];
	for (unsigned j = 0; j < w->workers; j++)
		returns[j] += w->migrate *
			      (j < front ? halves[1] / front
					 : halves[0] / (w->workers - front));
}

/* The same where anybody may be the one: weights do not depend on i. */
static void
returns_among(const struct workload *w, const double *borrows, double *returns)
{
	double weights = 0, portions = 0;

	/* The weight of j for any other one. */
	for (unsigned j = 0; j < w->workers; j++)
		weights += destination_weight(w, w->workers, j);
	for (unsigned i = 0; i < w->workers; i++)
		portions += borrows[i] /
			    (weights - destination_weight(w, w->workers, i));
	for (unsigned j = 0; j < w->workers; j++) {
		double weight = destination_weight(w, w->workers, j);

		returns[j] += w->migrate * weight *
			      (portions - borrows[j] / (weights - weight));
	}
}

void
workload_returns(const struct workload *w, const double *borrows,
		 double *returns)
{
	bool crosses = workload_crosses(w);

	for (unsigned j = 0; j < w->workers; j++)
		returns[j] = crosses && workload_borrows(w, j)
				     ? (1 - w->migrate) * borrows[j]
				     : borrows[j];
	if (!crosses)
		return;
	switch (w->destination) {
	case DESTINATION_LOCAL:
		return;
	case DESTINATION_RING:
		for (unsigned i = 0; i < w->workers; i++)
			returns[(i + 1) % w->workers] +=
				w->migrate * borrows[i];
		return;
	case DESTINATION_UNIFORM:
	case DESTINATION_ZIPF:
		returns_among(w, borrows, returns);
		return;
	case DESTINATION_ONEWAY:
	case DESTINATION_TIDE:
		returns_across(w, borrows, returns);
		return;
	}
}

/* Entries of the table for each worker, by largest remainders. */
static void
table_counts(const struct workload *w, unsigned i, unsigned *counts)
{
	double remainders[WORKLOAD_THREADS_MAX];
	unsigned left = WORKLOAD_TABLE_ENTRIES;

	for (unsigned j = 0; j < w->workers; j++) {
		double exact = workload_share(w, i, j) * WORKLOAD_TABLE_ENTRIES;

		/* What is whole but for a rounding error counts as whole. */
		counts[j] = (unsigned)(exact + 1e-6);
		remainders[j] = exact - counts[j];
		left -= counts[j];
	}
	for (; left > 0; left--) {
		unsigned most = 0;

		for (unsigned j = 1; j < w->workers; j++)
			if (remainders[j] > remainders[most])
				most = j;
		counts[most]++;
		remainders[most] -= 1;
	}
}

void
workload_table(const struct workload *w, unsigned i,
	       uint8_t table[WORKLOAD_TABLE_ENTRIES])
{
	unsigned counts[WORKLOAD_THREADS_MAX];
	unsigned at = 0;

	table_counts(w, i, counts);
	for (unsigned j = 0; j < w->workers; j++) {
		memset(table + at, (int)j, counts[j]);
		at += counts[j];
	}
}

unsigned
workload_rings(const struct workload *w)
{
	unsigned n = w->workers, front = workload_front(w);

	if (!workload_crosses(w))
		return 0;
	switch (w->destination) {
	case DESTINATION_LOCAL:
		break;
	case DESTINATION_RING:
		return n;
	case DESTINATION_UNIFORM:
	case DESTINATION_ZIPF:
		return n * (n - 1);
	case DESTINATION_ONEWAY:
		return front * (n - front);
	case DESTINATION_TIDE:
		return 2 * front * (n - front);
	}
	return 0;
}

unsigned
workload_ring_capacity(const struct workload *w)
{
	unsigned capacity = RING_OBJECTS_ALL / w->workers;

	if (w->ring > 0)
		return w->ring;
	capacity = capacity < RING_OBJECTS ? capacity : RING_OBJECTS;
	return capacity > w->burst ? capacity : w->burst;
}

size_t
workload_in_use_ceiling(const struct workload *w)
{
	if (w->live > 0)
		return w->live;
	return workload_borrowers(w) * workload_hold_most(w) +
	       (size_t)workload_rings(w) * workload_ring_capacity(w);
}

size_t
workload_sim_ceiling(const struct workload *w)
{
	return (size_t)workload_borrowers(w) * w->hold +
	       (workload_crosses(w) ? (size_t)w->workers * w->burst : 0);
}
