/* SPDX-License-Identifier: MIT */
/* Measures of fairness. */
#include "fairness.h"

#include <math.h>

void
fairness_measure(struct trial *t)
{
	double least = INFINITY, most = 0, sum = 0, squares = 0;
	unsigned n = workload_borrowers(&t->workload);

	for (unsigned i = 0; i < n; i++) {
		double borrows = (double)t->workers[i].borrows;

		least = fmin(least, borrows);
		most = fmax(most, borrows);
		sum += borrows;
		squares += borrows * borrows;
	}
	t->min_max = least / most;
	t->jain = sum * sum / (n * squares);
}
