/* SPDX-License-Identifier: MIT */
/* What a station does again and again, by its thread. */
#ifndef OPERATE_H
#define OPERATE_H

#include "station.h"

/* n operations, each of which returns what came in from elsewhere, too. */
void station_operate(struct station *station, uint32_t n);
/* Returns what has arrived through one ring, at most a burst; how many. */
uint32_t station_receive(struct station *station);
/* There was nothing to do: a pause, from time to time without the CPU. */
void station_idle(struct station *station);

#endif
