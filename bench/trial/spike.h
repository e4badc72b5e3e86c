/* SPDX-License-Identifier: MIT */
/*
 * A spike: the stations have many times their objects out for one phase.  So it
 * has three: the working set, the spike, the working set again.
 */
#ifndef SPIKE_H
#define SPIKE_H

#include "station.h"

#define SPIKE_PHASES 3u
/* Of what a spike added, so much comes back by a trim. */
#define SPIKE_GIVE_BACK .9

/*
 * Before each of the phases, by all threads at once: takes objects until the
 * phase's number is out, or returns all above it but those that stay out.
 */
void spike_step(struct station *station);

#endif
