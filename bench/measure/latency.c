/* SPDX-License-Identifier: MIT */
/* Histograms of latency and what is read off them. */
#include "latency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Tries of timing nothing; odd, so that there is a middle one. */
#define FLOOR_TRIES 1001

void
latency_init(struct latency *latency, uint64_t seed)
{
	memset(latency, 0, sizeof(*latency));
	latency->random = seed;
	latency->until = LATENCY_ONE_OF;
}

void
latency_clear(struct latency *latency)
{
	memset(&latency->sampled, 0, sizeof(latency->sampled));
	memset(&latency->exchanges, 0, sizeof(latency->exchanges));
}

static void
histogram_merge(struct latency_histogram *into,
		const struct latency_histogram *from)
{
	for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
		into->counts[i] += from->counts[i];
	if (from->most > into->most)
		into->most = from->most;
}

void
latency_merge(struct latency *into, const struct latency *from)
{
	histogram_merge(&into->sampled, &from->sampled);
	histogram_merge(&into->exchanges, &from->exchanges);
}

/* The middle of the bucket that the given share of n values reaches. */
static double
histogram_quantile(const struct latency_histogram *h, uint64_t n, double share)
{
	uint64_t rank = (uint64_t)ceil(share * (double)n);
	uint64_t seen = 0;
	unsigned i = 0;

	while ((seen += h->counts[i]) < rank)
		i++;
	if (i + 1 == LATENCY_BUCKETS || h->most < latency_bucket_least(i + 1))
		return (double)h->most;
	return ((double)latency_bucket_least(i) +
		(double)latency_bucket_least(i + 1) - 1) /
	       2;
}

void
latency_measure(const struct latency_histogram *h, double ns_per_cycle,
		struct latency_quantiles *q)
{
	q->n = 0;
	for (unsigned i = 0; i < LATENCY_BUCKETS; i++)
		q->n += h->counts[i];
	q->p50 = q->p90 = q->p99 = q->p999 = q->max = NAN;
	if (q->n == 0)
		return;
	q->p50 = histogram_quantile(h, q->n, .5) * ns_per_cycle;
	q->p90 = histogram_quantile(h, q->n, .9) * ns_per_cycle;
	q->p99 = histogram_quantile(h, q->n, .99) * ns_per_cycle;
	q->p999 = histogram_quantile(h, q->n, .999) * ns_per_cycle;
	q->max = (double)h->most * ns_per_cycle;
}

static int
cycles_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t
latency_floor(void)
{
	uint64_t tries[FLOOR_TRIES];

	for (int i = 0; i < FLOOR_TRIES; i++) {
		uint64_t begin = cycles_begin();

		tries[i] = cycles_end() - begin;
	}
	qsort(tries, FLOOR_TRIES, sizeof(tries[0]), cycles_compare);
	return tries[FLOOR_TRIES / 2];
}
