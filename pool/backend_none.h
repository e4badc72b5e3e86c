/* SPDX-License-Identifier: MIT */
/* Layout of the backend `none`, see backend_none.c. */
#ifndef BACKEND_NONE_H
#define BACKEND_NONE_H

#include <pthread.h>

#include "counts.h"
#include "list.h"
#include "store.h"

/* Invariant: counts.of[PILED] == pile.objects.  The owner's alone. */
struct seat {
	struct counts counts;
	struct list pile;  /* magazines with objects */
	struct list empty; /* magazines without */
};

/* What workers left behind when they ended; nobody gets it any more. */
struct backend {
	struct store *store;
	pthread_mutex_t lock; /* protects stranded */
	struct list stranded;
};

#endif
