/* SPDX-License-Identifier: MIT */
/* The inline functions as symbols, for other languages, and who we are. */
#define DP_NO_INLINE 1
#include "backend.h"

void *
dp_borrow(struct dp_worker *worker)
{
	return dp__borrow(worker);
}

void
dp_return(struct dp_worker *worker, void *object)
{
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
