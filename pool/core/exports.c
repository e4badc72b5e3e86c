/* SPDX-License-Identifier: MIT */
/* The inline functions as symbols, for other languages, and who we are. */
#define DP_NO_INLINE 1
#include "worker.h"

void *
dp_borrow(struct dp_worker *worker)
{
	dp__check_from(worker_of(worker), __builtin_return_address(0));
	return dp__borrow(worker);
}

void
dp_return(struct dp_worker *worker, void *object)
{
	dp__check_from(worker_of(worker), __builtin_return_address(0));
	dp__return(worker, object);
}

const char *
dp_backend_name(void)
{
	return dp__backend_name;
}

const char *
dp_version(void)
{
	return DP_VERSION;
}
