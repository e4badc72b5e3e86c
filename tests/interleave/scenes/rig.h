/* SPDX-License-Identifier: MIT */
/* A backend with magazines to give and take, and a hand for each thread. */
#ifndef INTERLEAVE_RIG_H
#define INTERLEAVE_RIG_H

#include "shared/backend.h"

#define RIG_MAGAZINES 4u
#define RIG_MAGAZINE_SIZE 2u

/* One execution's. */
struct rig {
	struct source source;
	struct store store;
	struct backend backend;
	struct magazine *magazines[RIG_MAGAZINES];
};

extern struct rig rig;

/* Makes the magazines, `full` of them with M objects, the next ones with one
 * and the last one with none; they are in the hand of thread 0. */
void rig_begin(unsigned n_full);

/* Gives one from the hand of thread 0, by that CPU. */
void rig_put_in(unsigned i, int cpu);

/*
 * One of them to be called last in a scene's begin(): what is inside now is
 * known, magazines with objects or those without.
 */
void rig_watch(void);
void rig_watch_empties(void);

/*
 * The same with the caller's hand; takes of what is watched fail if told an
 * untrue "nothing".
 */
void rig_give(struct seat *seat, struct magazine *m);
struct magazine *rig_take(struct seat *seat);
struct magazine *rig_take_empty(struct seat *seat);

/* Magazine i, which thread 0 had kept for the caller. */
struct magazine *rig_claim(unsigned i);

/* All is inside or in a hand. */
void rig_end(void);

#endif
