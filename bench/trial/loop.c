/* SPDX-License-Identifier: MIT */
/* What a worker's thread does: phases, its share of the work, its end. */
#include "loop.h"

#include "operate.h"
#include "spike.h"

/* Of the next operations that are claimed, at most n. */
static void
station_work(struct station *s, uint64_t n)
{
	n = n < s->claimed ? n : s->claimed;
	n = n < s->life ? n : s->life;
	station_operate(s, (uint32_t)n);
	s->claimed -= n;
	s->life -= n;
	station_publish(s);
}

/* Is there anything claimed, or left to claim? */
static bool
station_claims(struct station *s)
{
	if (s->claimed == 0)
		s->claimed = team_claim(s->team);
	return s->claimed > 0;
}

/* Operations until the stock is used up, the team stops or the life ends. */
static void
borrower_work(struct station *s)
{
	while (s->life > 0 && !team_stopped(s->team) && station_claims(s))
		station_work(s, s->block);
}

static void
returner_work(struct station *s)
{
	while (s->life > 0 && !team_stopped(s->team)) {
		uint64_t n = station_receive(s);

		if (n == 0) {
			station_idle(s);
			continue;
		}
		s->life -= n < s->life ? n : s->life;
		station_publish(s);
	}
}

/* At flood: the first worker of the half counts, for both halves. */
static void
flood_work(struct station *s)
{
	uint64_t before = s->borrowed;

	if (!s->leads) {
		station_work(s, s->block);
		return;
	}
	station_work(s, s->tide_left < s->block ? s->tide_left : s->block);
	s->tide_left -= (uint32_t)(s->borrowed - before);
	if (s->tide_left > 0)
		return;
	s->tide_left = s->workload->tide_ops;
	tide_turn(s->tide);
}

/*
 * At ebb: borrow in proportion to what comes in, so that the shares are those
 * of the tide at any speed; and without end once the stock is used up.
 */
static void
ebb_work(struct station *s)
{
	uint64_t received = s->received;
	uint64_t n = s->block;

	if (!team_exhausted(s->team) && s->ebb_credit < n)
		n = (uint64_t)s->ebb_credit;
	if (n > 0) {
		station_work(s, n);
		s->ebb_credit -= s->ebb_credit < n ? s->ebb_credit : n;
	} else if (station_receive(s) == 0) {
		station_idle(s);
	} else {
		station_publish(s);
	}
	s->ebb_credit += (double)(s->received - received) * s->ebb_gain;
}

static void
tide_work(struct station *s)
{
	while (s->life > 0 && !team_stopped(s->team) && station_claims(s)) {
		if (tide_floods(s->tide, s->front))
			flood_work(s);
		else
			ebb_work(s);
	}
}

/* Drains until nobody sends any more; what is left stays in the rings. */
static void
station_finish(struct station *s)
{
	for (unsigned j = 0; j < s->workload->workers; j++)
		if (s->outbox[j] != NULL)
			ring_publish(s->outbox[j]);
	member_finish(&s->member, s->borrows);
	while (!team_finished(s->team))
		if (station_receive(s) == 0)
			station_idle(s);
	station_publish(s);
	s->claimed = 0;
	s->in_phase = false;
}

/* A thread that ends leaves nothing out but what is on its way. */
static void
station_return_held(struct station *s)
{
	for (uint32_t i = 0; i < s->delay; i++) {
		if (s->held[i] == NULL)
			continue;
		subject_return(s->worker, s->held[i], s->crosses);
		s->held[i] = NULL;
		s->cleared++;
	}
}

/* The rings are at rest: everything goes back. */
static void
station_clear(struct station *s)
{
	for (unsigned i = 0; i < s->inboxes;)
		i = station_receive(s) > 0 ? 0 : i + 1;
	station_return_held(s);
}

static void
station_attach(struct station *s)
{
	int error = subject_attach(&s->worker, s->subject, s->index);

	if (error != 0)
		team_fail("attach a worker", -error);
	s->spare_full = false;
}

/* A phase, or the rest of one; false if a successor takes the place over. */
static bool
phase_run(struct station *s)
{
	if (!s->in_phase) {
		team_wait(s->team);
		s->in_phase = true;
		member_begin(&s->member);
	}
	if (s->tide != NULL)
		tide_work(s);
	else if (s->borrows)
		borrower_work(s);
	else
		returner_work(s);
	if (s->life == 0) {
		s->life = s->workload->lifetime_ops;
		station_return_held(s);
		subject_detach(s->worker);
		member_leave(&s->member);
		member_succeed(&s->member, loop_run, s);
		return false;
	}
	station_finish(s);
	team_wait(s->team);
	s->phases--;
	return true;
}

void *
loop_run(void *argument)
{
	struct station *s = argument;

	member_arrive(&s->member);
	station_attach(s);
	if (!s->in_phase)
		team_wait(s->team);
	while (s->phases > 0) {
		if (s->workload->spike > 0)
			spike_step(s);
		if (!phase_run(s))
			return NULL;
	}
	team_wait(s->team);
	station_clear(s);
	team_wait(s->team);
	subject_detach(s->worker);
	return NULL;
}
