/* SPDX-License-Identifier: MIT */
/* What a station does between the phases of a spike. */
#include "spike.h"

#include <errno.h>

#include "base/random.h"

#define PAGE_BYTES 4096u

/* Every page of it is resident from now on, as of an object that is used. */
static void
object_fill(void *object, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE_BYTES)
		/* BX1 relaxed: a stand-in for the user's own accesses. */
		atomic_store_explicit(
			(_Atomic uint64_t *)((unsigned char *)object + at), at,
			memory_order_relaxed);
}

/* Takes objects until held[0 .. delay) are out. */
static void
station_swell(struct station *s, size_t delay)
{
	for (size_t i = 0; i < delay; i++) {
		if (s->held[i] != NULL)
			continue;
		s->held[i] = subject_borrow(s->worker, s->crosses);
		if (s->held[i] == NULL)
			team_fail("borrow an object", errno);
		object_fill(s->held[i], s->workload->object_bytes);
		s->borrowed++;
	}
}

/*
 * Of held[0 .. n) each is as likely as any other to be among the first `lent`
 * afterwards, since each is drawn by what is still wanted of what is left.
 */
static void
station_choose(struct station *s, uint32_t n, uint32_t lent)
{
	uint32_t chosen = 0;

	for (uint32_t i = 0; i < n; i++) {
		void *object = s->held[i];

		if (random_next(&s->random) % (n - i) >= lent - chosen)
			continue;
		s->held[i] = s->held[chosen];
		s->held[chosen++] = object;
	}
}

/* Returns objects until `delay` are held, and those that stay out. */
static void
station_shrink(struct station *s, uint32_t delay)
{
	uint32_t n = s->delay;

	s->lent_n = (uint32_t)(s->workload->kept * n);
	station_choose(s, n, s->lent_n);
	s->lent = s->held;
	s->held += s->lent_n;
	for (uint32_t i = delay; i < n - s->lent_n; i++) {
		subject_return(s->worker, s->held[i], s->crosses);
		s->held[i] = NULL;
		s->cleared++;
	}
}

void
spike_step(struct station *s)
{
	const bool spikes = s->phases == SPIKE_PHASES - 1;
	const size_t hold =
		spikes ? workload_hold_most(s->workload) : s->workload->hold;
	const uint32_t delay = (uint32_t)(hold - 1);

	team_wait(s->team);
	if (s->borrows) {
		if (s->phases > 1)
			station_swell(s, delay);
		else
			station_shrink(s, delay);
		s->delay = delay;
		s->held_at = 0;
	}
	station_publish(s);
	team_wait(s->team);
}
