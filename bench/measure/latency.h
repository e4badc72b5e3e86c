/* SPDX-License-Identifier: MIT */
/*
 * Latency: how long single operations took.  Timing one costs more than the
 * operation, so 1 of 64 is timed, at random distances lest they fall in step
 * with the magazines; and each that leaves the worker's own cache.
 */
#ifndef LATENCY_H
#define LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cycles.h"
#include "base/random.h"

/* On average one of so many operations is timed. */
#define LATENCY_ONE_OF 64u
/* A power of two has 2^LATENCY_SUB_BITS buckets: within 3.2 %. */
#define LATENCY_SUB_BITS 5u
#define LATENCY_BUCKETS ((64u - LATENCY_SUB_BITS + 1) << LATENCY_SUB_BITS)

/* A log-linear histogram of cycles.  Owner: as of the struct around it. */
struct latency_histogram {
	uint64_t most;
	uint64_t counts[LATENCY_BUCKETS];
};

/*
 * Of a worker, or of all.  Owner: the worker's thread during a phase, the main
 * thread between phases.  Invariant: 0 < until < 2 * LATENCY_ONE_OF.
 */
struct latency {
	uint64_t random;
	uint32_t until; /* operations to the next one to time */
	struct latency_histogram sampled;
	struct latency_histogram exchanges;
};

/* Nanoseconds; NaN where n is 0. */
struct latency_quantiles {
	uint64_t n;
	double p50, p90, p99, p999, max;
};

void latency_init(struct latency *latency, uint64_t seed);
/* Forgets what was timed, but draws on. */
void latency_clear(struct latency *latency);
/* Adds what `from` timed. */
void latency_merge(struct latency *into, const struct latency *from);
void latency_measure(const struct latency_histogram *histogram,
		     double ns_per_cycle, struct latency_quantiles *quantiles);
/* What timing nothing takes, the median of many tries, in cycles. */
uint64_t latency_floor(void);

/* The bucket of a value; and the least value of a bucket. */
static inline unsigned
latency_bucket(uint64_t cycles)
{
	unsigned shift;

	if (cycles < 1u << LATENCY_SUB_BITS)
		return (unsigned)cycles;
	shift = 63 - (unsigned)__builtin_clzll(cycles) - LATENCY_SUB_BITS;
	return (shift << LATENCY_SUB_BITS) + (unsigned)(cycles >> shift);
}

static inline uint64_t
latency_bucket_least(unsigned bucket)
{
	unsigned shift = bucket >> LATENCY_SUB_BITS;

	if (shift <= 1)
		return bucket;
	shift--;
	return (uint64_t)(bucket - (shift << LATENCY_SUB_BITS)) << shift;
}

static inline void
latency_histogram_add(struct latency_histogram *h, uint64_t cycles)
{
	h->counts[latency_bucket(cycles)]++;
	if (cycles > h->most)
		h->most = cycles;
}

/* Is this operation one to time? */
static inline bool
latency_due(struct latency *latency)
{
	if (--latency->until > 0)
		return false;
	latency->until = 1 + (uint32_t)(random_next(&latency->random) >> 32) %
				     (2 * LATENCY_ONE_OF - 1);
	return true;
}

static inline void
latency_add(struct latency *latency, uint64_t cycles, bool due, bool exchanges)
{
	if (due)
		latency_histogram_add(&latency->sampled, cycles);
	if (exchanges)
		latency_histogram_add(&latency->exchanges, cycles);
}

#endif
