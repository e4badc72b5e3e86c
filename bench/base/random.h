/* SPDX-License-Identifier: MIT */
/*
 * Random numbers of one worker: a xorshift generator, and seeds for many of
 * them from one.  Equal seeds give equal decisions.
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

/* The finaliser of splitmix64: neighbouring inputs give unrelated outputs. */
static inline uint64_t
random_seed(uint64_t seed, uint64_t stream)
{
	uint64_t x =
		seed * 0x9e3779b97f4a7c15u + (stream + 1) * 0xbf58476d1ce4e5b9u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	x ^= x >> 31;
	/* A xorshift generator never leaves 0. */
	return x != 0 ? x : 1;
}

static inline uint64_t
random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return x;
}

#endif
