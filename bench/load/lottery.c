/* SPDX-License-Identifier: MIT */
/* Making the tickets of a lottery. */
#include "lottery.h"

#include <stdlib.h>

#define TICKET_WIDTH ((double)((uint64_t)1 << 32))

/*
 * Each number begins with its share of all tickets' width.  One that has less
 * than a ticket gets the rest of its ticket filled by one that has more.
 */
static void
tickets_fill(struct lottery *l, double *shares, uint32_t *poor, uint32_t *rich)
{
	uint32_t n_poor = 0, n_rich = 0;

	for (uint32_t i = 0; i < l->n; i++) {
		l->tickets[i].cut = (uint64_t)TICKET_WIDTH;
		l->tickets[i].other = i;
		if (shares[i] < 1)
			poor[n_poor++] = i;
		else
			rich[n_rich++] = i;
	}
	/* What rounding leaves over at the end is a whole ticket. */
	while (n_poor > 0 && n_rich > 0) {
		uint32_t i = poor[--n_poor];
		uint32_t other = rich[n_rich - 1];

		l->tickets[i].cut = (uint64_t)(shares[i] * TICKET_WIDTH);
		l->tickets[i].other = other;
		shares[other] -= 1 - shares[i];
		if (shares[other] < 1) {
			n_rich--;
			poor[n_poor++] = other;
		}
	}
}

bool
lottery_open(struct lottery *l, const double *weights, uint32_t n)
{
	double *shares = malloc(n * sizeof(*shares));
	uint32_t *stacks = malloc(2 * n * sizeof(*stacks));
	double sum = 0;

	l->n = n;
	l->tickets = malloc(n * sizeof(*l->tickets));
	if (l->tickets != NULL && shares != NULL && stacks != NULL) {
		for (uint32_t i = 0; i < n; i++)
			sum += weights[i];
		for (uint32_t i = 0; i < n; i++)
			shares[i] = weights[i] / sum * n;
		tickets_fill(l, shares, stacks, stacks + n);
	} else {
		free(l->tickets);
		l->tickets = NULL;
	}
	free(shares);
	free(stacks);
	return l->tickets != NULL;
}

void
lottery_close(struct lottery *l)
{
	free(l->tickets);
	l->tickets = NULL;
}
