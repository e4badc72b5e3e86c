/* SPDX-License-Identifier: MIT */
/* Layout of the backend `treiber`, see backend_treiber.c. */
#ifndef BACKEND_TREIBER_H
#define BACKEND_TREIBER_H

#include "depot.h"

/* The owner's alone. */
struct seat {
	struct counts counts;
};

/* Any thread. */
struct backend {
	struct store *store;
	struct depot depot;
};

#endif
