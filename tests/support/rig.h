/* SPDX-License-Identifier: MIT */
/*
 * A backend by itself: no pool, no workers, no objects, but magazines to give
 * and take.  On a system that reports RIG_CPUS CPUs.
 */
#ifndef RIG_H
#define RIG_H

#include "shared/backend.h"

#define RIG_CPUS 4
#define RIG_MAGAZINE_SIZE 4u

/* How often the system was asked for its number of CPUs. */
extern unsigned rig_asked;

struct rig {
	struct source source;
	struct store store;
	struct backend backend;
};

void rig_begin(struct rig *rig);

/* pre: nobody else uses the rig, and all magazines are inside */
void rig_end(struct rig *rig);

/* An empty magazine, the caller's own. */
struct magazine *rig_magazine(struct rig *rig);

/* A seat on a CPU, for backends that ask; -1: wherever it is used. */
void rig_join(struct rig *rig, struct seat *seat, int cpu);

#endif
