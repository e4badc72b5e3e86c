/* SPDX-License-Identifier: MIT */
/* The store of a pool's magazines: makes them, frees them, finds them. */
#ifndef STORE_H
#define STORE_H

#include <pthread.h>

#include "line.h"
#include "memory/source.h"
#include "stack.h"

/*
 * Invariant: slots 1..n_slots exist; one without a body is on `unused` or in
 * the hands of the thread that makes or frees it.  Any thread may use it.
 */
struct store {
	struct magazine_table table;
	struct source *source;
	uint32_t magazine_size;
	pthread_mutex_t lock;     /* protects growth: new segments, n_slots */
	_Atomic uint32_t n_slots; /* read by anyone */
	_Alignas(CPU_APART_BYTES) struct stack unused;
};

/* Returns 0 or a negative errno. */
int dp__store_init(struct store *store, struct source *source,
		   uint32_t magazine_size);

/* Frees all bodies and slots.  pre: no other caller */
void dp__store_fini(struct store *store);

/* An empty magazine, the caller's own; NULL: out of memory. */
struct magazine *dp__store_make(struct store *store);

/* How many slots there are, and how many of them with a body; stale at once. */
uint32_t dp__store_slots(const struct store *store);
uint32_t dp__store_bodies(const struct store *store);

/* Frees the body at once; pre: m is the caller's own and holds no object. */
void dp__store_free(struct store *store, struct magazine *m);

#endif
