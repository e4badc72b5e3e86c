/* SPDX-License-Identifier: MIT */
/* Turns, destinations, deliveries, tides and lives of a crowd. */
#include "drive.h"

#include <math.h>
#include <string.h>

#include "base/apart.h"
#include "base/random.h"

/* Operations of a turn: so many that fetching a worker's lines is worth it. */
#define TURN_OPS 16u

/* The weights of Zipf, from worker `from` on. */
static bool
zipf_open(struct lottery *l, const struct workload *w, unsigned from)
{
	double weights[WORKLOAD_WORKERS_MAX];

	for (unsigned j = from; j < w->workers; j++)
		weights[j - from] = pow(j + 1, -w->theta);
	return lottery_open(l, weights, w->workers - from);
}

bool
drive_open(struct drive *d, const struct workload *w, struct crowd *c)
{
	unsigned n = w->workers;

	*d = (struct drive){ .workload = w, .crowd = c };
	d->random = random_seed(w->seed, 0);
	d->migrates = c->crosses ? (uint64_t)(w->migrate * 0x1p32) : 0;
	d->delay = w->hold - 1;
	d->front = n / 2;
	d->borrowers = workload_borrowers(w);
	d->front_floods = true;
	d->tide_left = w->tide_ops;
	d->at = d->borrowers - 1;
	d->each = apart_alloc(n * sizeof(*d->each));
	d->held = apart_alloc((size_t)n * d->delay * sizeof(*d->held));
	d->inboxes = apart_alloc((size_t)n * w->burst * sizeof(*d->inboxes));
	d->free_numbers = apart_alloc(c->numbers * sizeof(*d->free_numbers));
	if (d->each == NULL || d->held == NULL || d->inboxes == NULL ||
	    d->free_numbers == NULL)
		return false;
	for (unsigned i = 0; i < n; i++)
		d->each[i].life = w->lifetime_ops;
	memset(d->held, 0xff, (size_t)n * d->delay * sizeof(*d->held));
	/* The lowest numbers first. */
	while (d->n_free < c->numbers) {
		d->free_numbers[d->n_free] = c->numbers - 1 - d->n_free;
		d->n_free++;
	}
	if (!c->crosses || w->destination != DESTINATION_ZIPF)
		return true;
	return zipf_open(&d->first, w, 1) && zipf_open(&d->others, w, 0);
}

void
drive_close(struct drive *d)
{
	free(d->each);
	free(d->held);
	free(d->inboxes);
	free(d->free_numbers);
	lottery_close(&d->first);
	lottery_close(&d->others);
}

/* Of n, evenly; random: 32 bits. */
static inline unsigned
even(uint32_t random, unsigned n)
{
	return (unsigned)((uint64_t)random * n >> 32);
}

/*
 * Where an object of worker i goes that migrates.  Nobody but the first one has
 * half of the weight or more, so drawing again is rare.
 */
static unsigned
destination(struct drive *d, unsigned i, uint32_t random)
{
	unsigned n = d->workload->workers;
	unsigned to;

	switch (d->workload->destination) {
	case DESTINATION_LOCAL:
		break;
	case DESTINATION_RING:
		return i + 1 < n ? i + 1 : 0;
	case DESTINATION_UNIFORM:
		to = even(random, n - 1);
		return to + (to >= i);
	case DESTINATION_ZIPF:
		if (i == 0)
			return 1 + lottery_draw(&d->first, random);
		while ((to = lottery_draw(&d->others, random)) == i)
			random = (uint32_t)(random_next(&d->random) >> 32);
		return to;
	case DESTINATION_ONEWAY:
	case DESTINATION_TIDE:
		if (i >= d->front)
			return even(random, d->front);
		return d->front + even(random, n - d->front);
	}
	return i;
}

static inline void
give_back(struct drive *d, unsigned i, uint32_t number)
{
	crowd_return(d->crowd, i, number);
	d->free_numbers[d->n_free++] = number;
}

static void
held_clear(struct drive *d, unsigned i)
{
	uint32_t *held = d->held + (size_t)i * d->delay;

	for (uint32_t k = 0; k < d->delay; k++) {
		if (held[k] == DRIVE_NONE)
			continue;
		give_back(d, i, held[k]);
		held[k] = DRIVE_NONE;
	}
}

/* Worker i has done so much; if that was its life, another one follows it. */
static void
age(struct drive *d, unsigned i, uint32_t operations)
{
	struct drive_worker *worker = &d->each[i];

	if (d->workload->lifetime_ops == 0)
		return;
	worker->life -= operations < worker->life ? operations : worker->life;
	if (worker->life > 0)
		return;
	held_clear(d, i);
	crowd_succeed(d->crowd, i);
	worker->life = d->workload->lifetime_ops;
}

/* Worker i returns all that has come in. */
static void
deliver(struct drive *d, unsigned i)
{
	struct drive_worker *worker = &d->each[i];
	uint32_t *inbox = d->inboxes + (size_t)i * d->workload->burst;
	uint32_t n = worker->came;

	for (uint32_t k = 0; k < n; k++)
		give_back(d, i, inbox[k]);
	worker->came = 0;
	/* Who borrows ages by that. */
	if (i >= d->borrowers)
		age(d, i, n);
}

static inline void
send(struct drive *d, unsigned to, uint32_t number)
{
	struct drive_worker *worker = &d->each[to];

	d->inboxes[(size_t)to * d->workload->burst + worker->came++] = number;
	if (worker->came == d->workload->burst)
		deliver(d, to);
}

/* n operations of worker i, no more than it lives. */
static void
operate(struct drive *d, unsigned i, uint32_t n)
{
	struct drive_worker *worker = &d->each[i];
	uint32_t *held = d->held + (size_t)i * d->delay;

	for (uint32_t k = 0; k < n; k++) {
		uint32_t number = d->free_numbers[--d->n_free];
		uint64_t random;

		crowd_borrow(d->crowd, i, number);
		if (d->delay > 0) {
			uint32_t newest = number;

			number = held[worker->held_at];
			held[worker->held_at] = newest;
			worker->held_at = worker->held_at + 1 < d->delay
						  ? worker->held_at + 1
						  : 0;
			if (number == DRIVE_NONE)
				continue;
		}
		random = random_next(&d->random);
		if ((uint32_t)random < d->migrates) {
			send(d, destination(d, i, (uint32_t)(random >> 32)),
			     number);
			d->sent++;
		} else {
			give_back(d, i, number);
			d->kept++;
		}
	}
}

/*
 * Of a tide: the half at flood makes its share of a round, which has as many
 * operations as any other.
 */
static uint32_t
tide_turn(struct drive *d, unsigned i)
{
	unsigned n = d->workload->workers;
	bool floods = (i < d->front) == d->front_floods;
	unsigned half = i < d->front ? d->front : n - d->front;
	double share = floods ? WORKLOAD_TIDE_BIAS : 1 - WORKLOAD_TIDE_BIAS;
	struct drive_worker *worker = &d->each[i];
	uint32_t turn;

	worker->due += share * n * TURN_OPS / half;
	turn = (uint32_t)worker->due;
	worker->due -= turn;
	return turn;
}

/* The first worker at flood has made n operations more: time to turn? */
static void
tide_pass(struct drive *d, unsigned i, uint32_t n)
{
	if (i != (d->front_floods ? 0 : d->front))
		return;
	if (n < d->tide_left) {
		d->tide_left -= n;
		return;
	}
	d->front_floods = !d->front_floods;
	d->tide_left = d->workload->tide_ops;
}

/* The next worker's turn. */
static void
turn_begin(struct drive *d)
{
	d->at = d->at + 1 < d->borrowers ? d->at + 1 : 0;
	d->left = d->workload->destination == DESTINATION_TIDE &&
				  d->crowd->crosses
			  ? tide_turn(d, d->at)
			  : TURN_OPS;
}

void
drive_run(struct drive *d, uint64_t operations)
{
	while (operations > 0) {
		uint32_t n;
		uint32_t life;

		while (d->left == 0)
			turn_begin(d);
		n = d->left < operations ? d->left : (uint32_t)operations;
		life = d->each[d->at].life;
		if (d->workload->lifetime_ops > 0 && life < n)
			n = life;
		operate(d, d->at, n);
		age(d, d->at, n);
		d->left -= n;
		operations -= n;
		tide_pass(d, d->at, n);
	}
}

void
drive_clear(struct drive *d)
{
	for (unsigned i = 0; i < d->workload->workers; i++) {
		deliver(d, i);
		held_clear(d, i);
	}
}
