/* SPDX-License-Identifier: MIT */
/* A library that loses objects, to see the model notice: one of each bulk. */
#include <driftpool/pool.h>

void __real_dp_return_bulk(struct dp_worker *worker, void *const *objects,
			   size_t n);
void __wrap_dp_return_bulk(struct dp_worker *worker, void *const *objects,
			   size_t n);

/* The linker sends the model's calls here. */
__attribute__((used)) void
__wrap_dp_return_bulk(struct dp_worker *worker, void *const *objects, size_t n)
{
	__real_dp_return_bulk(worker, objects, n > 0 ? n - 1 : 0);
}
