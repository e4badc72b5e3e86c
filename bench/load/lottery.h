/* SPDX-License-Identifier: MIT */
/*
 * Draws a number from 0 to n - 1 with a weight each, in constant time: Walker's
 * alias method.  One table serves all workers of a simulation, where a table of
 * destinations for each of them would not fit into any cache.
 */
#ifndef LOTTERY_H
#define LOTTERY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A ticket is drawn evenly; of its width, [0 .. cut) wins its own number, the
 * rest the other one.  Invariant: the widths a number wins, summed over all
 * tickets, are in proportion to its weight, up to one part in 2^32 a ticket.
 * Constant once made.
 */
struct lottery {
	uint32_t n;
	struct lottery_ticket {
		uint64_t cut; /* of 2^32 */
		uint32_t other;
	} * tickets;
};

/* Weights above 0, at least one.  False: out of memory. */
bool lottery_open(struct lottery *lottery, const double *weights, uint32_t n);
void lottery_close(struct lottery *lottery);

/* random: 32 evenly distributed bits */
static inline uint32_t
lottery_draw(const struct lottery *lottery, uint32_t random)
{
	uint64_t place = (uint64_t)random * lottery->n;
	uint32_t number = (uint32_t)(place >> 32);
	const struct lottery_ticket *ticket = &lottery->tickets[number];

	return (uint32_t)place < ticket->cut ? number : ticket->other;
}

#endif
