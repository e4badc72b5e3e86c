/* SPDX-License-Identifier: MIT */
/* The cases and the matrix of who returns what who borrowed. */
#include "workload.h"

#include <math.h>
#include <string.h>

/* Objects in a ring, and in all rings to one worker together. */
#define RING_OBJECTS 256u
#define RING_OBJECTS_ALL 4096u

static const struct workload_case cases[] = {
	{ "hot",
	  1,
	  { .migrate = 0,
	    .destination = DESTINATION_LOCAL,
	    .burst = 1,
	    .hold = 1 },
	  "borrow and return on the same worker: the hit path" },
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
	{ "churn",
	  1,
	  { .migrate = .25,
	    .destination = DESTINATION_UNIFORM,
	    .burst = 4,
	    .hold = 16,
	    .lifetime_ops = 50000 },
	  "worker threads end after 50,000 operations, others take over" },
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
		[DESTINATION_ONEWAY] = "oneway",
	};

	return names[destination];
}

bool
workload_crosses(const struct workload *w)
{
	return w->migrate > 0 && w->destination != DESTINATION_LOCAL &&
	       w->workers > 1;
}

unsigned
workload_borrowers(const struct workload *w)
{
	if (w->destination == DESTINATION_ONEWAY && workload_crosses(w))
		return w->workers / 2;
	return w->workers;
}

bool
workload_borrows(const struct workload *w, unsigned i)
{
	return i < workload_borrowers(w);
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

/* Entries of the table for each worker, by largest remainders. */
static void
table_counts(const struct workload *w, unsigned i, unsigned *counts)
{
	double remainders[WORKLOAD_WORKERS_MAX];
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
	unsigned counts[WORKLOAD_WORKERS_MAX];
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
	unsigned rings = 0;

	for (unsigned i = 0; i < w->workers; i++)
		for (unsigned j = 0; j < w->workers; j++)
			rings += i != j && workload_share(w, i, j) > 0;
	return rings;
}

unsigned
workload_ring_capacity(const struct workload *w)
{
	unsigned capacity = RING_OBJECTS_ALL / w->workers;

	capacity = capacity < RING_OBJECTS ? capacity : RING_OBJECTS;
	return capacity > w->burst ? capacity : w->burst;
}

size_t
workload_in_use_ceiling(const struct workload *w)
{
	return (size_t)workload_borrowers(w) * w->hold +
	       (size_t)workload_rings(w) * workload_ring_capacity(w);
}
