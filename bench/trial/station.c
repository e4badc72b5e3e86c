/* SPDX-License-Identifier: MIT */
/* Laying out stations and the rings between them. */
#include "station.h"

#include <assert.h>
#include <errno.h>

#include "base/apart.h"
#include "base/random.h"
#include "load/think.h"

static_assert(WORKLOAD_BURST_MAX <= RING_SLOTS, "a burst fits a ring");

/* Bytes of one station's part of the tables, and of what is in it. */
struct layout {
	size_t destinations;
	size_t boxes;
	size_t held;
	size_t station;
};

static struct layout
layout_of(const struct workload *w)
{
	struct layout l;

	l.destinations = WORKLOAD_TABLE_ENTRIES;
	l.boxes = apart_round(w->workers * sizeof(struct ring *));
	l.held = apart_round((workload_hold_most(w) - 1) * sizeof(void *));
	l.station = l.destinations + 2 * l.boxes + l.held;
	return l;
}

static void
station_init_tide(struct station *s, struct tide *tide,
		  const struct workload *w)
{
	s->tide = tide;
	s->front = workload_in_front(w, s->index);
	s->leads =
		s->index == 0 || s->front != workload_in_front(w, s->index - 1);
	s->tide_left = w->tide_ops;
	s->ebb_gain =
		(1 - WORKLOAD_TIDE_BIAS) / WORKLOAD_TIDE_BIAS / w->migrate;
}

static void
station_init(struct stations *stations, unsigned i, const struct workload *w,
	     struct team *team, struct subject *subject)
{
	struct layout l = layout_of(w);
	struct station *s = &stations->each[i];
	unsigned char *tables = stations->tables;

	tables += i * l.station;
	s->team = team;
	s->workload = w;
	s->subject = subject;
	s->index = i;
	s->borrows = workload_borrows(w, i);
	s->crosses = workload_crosses(w);
	s->touch = w->touch;
	s->burst = w->burst;
	s->delay = w->hold - 1;
	s->destinations = tables;
	s->outbox = (void *)(tables + l.destinations);
	s->inbox = (void *)(tables + l.destinations + l.boxes);
	s->held = (void *)(tables + l.destinations + 2 * l.boxes);
	s->random = random_seed(w->seed, i);
	s->block = STATION_BLOCK_OPS;
	if (w->think_ns > STATION_BLOCK_NS / STATION_BLOCK_OPS)
		s->block = w->think_ns < STATION_BLOCK_NS
				   ? (uint32_t)(STATION_BLOCK_NS / w->think_ns)
				   : 1;
	s->life = w->lifetime_ops > 0 ? w->lifetime_ops : UINT64_MAX;
	if (stations->latencies != NULL) {
		s->latency = &stations->latencies[i];
		latency_init(s->latency, random_seed(~w->seed, i));
	}
	if (stations->tide != NULL)
		station_init_tide(s, stations->tide, w);
	workload_table(w, i, s->destinations);
	atomic_init(&s->borrows_seen, 0);
	atomic_init(&s->returns_seen, 0);
}

/* A ring for every pair that an object crosses. */
static void
stations_connect(struct stations *stations, const struct workload *w)
{
	struct ring *ring = stations->rings;

	for (unsigned i = 0; i < w->workers; i++) {
		for (unsigned j = 0; j < w->workers; j++) {
			struct station *to = &stations->each[j];

			if (i == j || workload_share(w, i, j) <= 0)
				continue;
			ring_init(ring, workload_ring_capacity(w));
			stations->each[i].outbox[j] = ring;
			to->inbox[to->inboxes++] = ring++;
		}
	}
}

int
stations_open(struct stations *stations, const struct workload *w, bool latency,
	      struct team *team, struct subject *subject)
{
	bool tide = w->destination == DESTINATION_TIDE && workload_crosses(w);
	double turns =
		w->think_ns > 0 ? think_calibrate() * (double)w->think_ns : 0;

	stations->n = w->workers;
	stations->each = apart_alloc(w->workers * sizeof(struct station));
	stations->rings = apart_alloc(workload_rings(w) * sizeof(struct ring));
	stations->tables = apart_alloc(w->workers * layout_of(w).station);
	stations->latencies =
		latency ? apart_alloc(w->workers * sizeof(struct latency))
			: NULL;
	stations->tide = tide ? apart_alloc(sizeof(struct tide)) : NULL;
	if (stations->each == NULL || stations->rings == NULL ||
	    stations->tables == NULL ||
	    (latency && stations->latencies == NULL) ||
	    (tide && stations->tide == NULL)) {
		stations_close(stations);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < w->workers; i++) {
		station_init(stations, i, w, team, subject);
		stations->each[i].think_turns = (uint64_t)turns;
	}
	stations_connect(stations, w);
	return 0;
}

void
stations_close(struct stations *stations)
{
	free(stations->each);
	free(stations->rings);
	free(stations->tables);
	free(stations->latencies);
	free(stations->tide);
}
