/* SPDX-License-Identifier: MIT */
/* A library that loses objects, to see the model notice: one of each bulk. */
/* Elsewhere this name is that of the function below. */
#undef dp_return_bulk

#include <driftpool/pool.h>

void planted_return_bulk(struct dp_worker *worker, void *const *objects,
			 size_t n);

void
planted_return_bulk(struct dp_worker *worker, void *const *objects, size_t n)
{
	dp_return_bulk(worker, objects, n > 0 ? n - 1 : 0);
}
