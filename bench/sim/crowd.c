/* SPDX-License-Identifier: MIT */
/* The crowd's coming and going, its CPUs, and the look at the bound. */
#include "crowd.h"

#include <string.h>

#include "base/apart.h"

int
crowd_open(struct crowd *c, const struct workload *w, uint32_t numbers,
	   size_t in_use_ceiling)
{
	memset(c, 0, sizeof(*c));
	c->n = w->workers;
	c->cpus = c->n < CROWD_CPUS_MAX ? c->n : CROWD_CPUS_MAX;
	c->crosses = workload_crosses(w);
	c->touch = w->touch;
	c->numbers = numbers;
	c->bound_ok = true;
	c->subject = apart_alloc(sizeof(*c->subject));
	c->each = apart_alloc(c->n * sizeof(*c->each));
	c->loans = apart_alloc(numbers * sizeof(*c->loans));
	if (c->subject == NULL || c->each == NULL || c->loans == NULL)
		return -ENOMEM;
	return subject_open(c->subject, w, in_use_ceiling);
}

void
crowd_close(struct crowd *c)
{
	free(c->subject);
	free(c->each);
	free(c->loans);
}

static void
attach(struct crowd *c, unsigned i)
{
	int error = subject_attach(&c->each[i].worker, c->subject, i);

	if (error != 0)
		team_fail("attach a worker", -error);
	subject_place(c->each[i].worker, c->each[i].cpu);
}

void
crowd_attach(struct crowd *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		c->each[i].cpu = (int)(i % c->cpus);
		/* They do not all move at once. */
		c->each[i].stay = 1 + i % CROWD_STAY_CALLS;
		attach(c, i);
	}
}

void
crowd_detach(struct crowd *c)
{
	for (unsigned i = 0; i < c->n; i++)
		subject_detach(c->each[i].worker);
}

void
crowd_succeed(struct crowd *c, unsigned i)
{
	subject_detach(c->each[i].worker);
	attach(c, i);
}

void
crowd_move(struct crowd *c, unsigned i)
{
	struct virtual_worker *v = &c->each[i];

	v->stay = CROWD_STAY_CALLS;
	v->cpu = v->cpu + 1 < (int)c->cpus ? v->cpu + 1 : 0;
	subject_place(v->worker, v->cpu);
}

void
crowd_look(struct crowd *c, struct subject_stats *stats)
{
	size_t bound = subject_bound(c->subject, c->peak);
	uint64_t footprint;

	subject_stats(c->subject, stats);
	footprint = stats->constructed - stats->destructed;
	if (footprint > c->footprint_peak)
		c->footprint_peak = footprint;
	c->chances = 0;
	c->room = SIZE_MAX;
	if (!stats->counted || bound == SIZE_MAX)
		return;
	c->room = footprint < bound ? bound - footprint : 0;
	if (footprint > bound)
		c->bound_ok = false;
}

void
crowd_rise(struct crowd *c)
{
	struct subject_stats stats;

	if (c->chances > c->room)
		crowd_look(c, &stats);
	c->peak++;
	if (c->room != SIZE_MAX)
		c->room++;
}
