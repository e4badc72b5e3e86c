/* SPDX-License-Identifier: MIT */
/* Layout of the backend `percpu`, see backend_percpu.c. */
#ifndef BACKEND_PERCPU_H
#define BACKEND_PERCPU_H

#include "depot.h"

/* The owner's alone. */
struct seat {
	struct counts counts;
	int cpu; /* a CPU number to go by, or -1: the one it runs on */
};

/*
 * Invariant: magazines on `full` hold M objects, on `empty` none.  Any thread;
 * mostly those that run on the rack's CPU.
 */
struct rack {
	_Alignas(CPU_APART_BYTES) struct shelf full;
	struct stack empty;
};

/* Constant but for the racks and the depot.  Any thread. */
struct backend {
	struct store *store;
	struct rack *racks;
	uint32_t n_racks; /* a power of two */
	struct depot depot;
};

#endif
