/* SPDX-License-Identifier: MIT */
/* Layout of the backend `mutex`, see backend_mutex.c. */
#ifndef BACKEND_MUTEX_H
#define BACKEND_MUTEX_H

#include <pthread.h>

#include "counts.h"
#include "cpu.h"
#include "list.h"
#include "store.h"

/* The owner's alone. */
struct seat {
	struct counts counts;
};

/*
 * Invariant: magazines on `full` hold M objects, on `partial` 1 to M - 1, on
 * `empty` none.
 */
struct backend {
	struct store *store;
	_Alignas(CPU_APART_BYTES) pthread_mutex_t lock; /* protects the lists */
	struct list full;
	uint64_t low; /* the least length of full in the interval */
	struct list partial;
	struct list empty;
};

#endif
