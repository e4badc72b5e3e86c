/* SPDX-License-Identifier: MIT */
/* A subject that leaks, and says that it has a bound: as a control. */
#ifndef SUBJECT_BOASTFUL_H
#define SUBJECT_BOASTFUL_H

#define subject_bound subject_bound_honest
#include "rows/subject_brpc110.h"
#undef subject_bound

static inline size_t
subject_bound(struct subject *subject, size_t peak_in_use)
{
	(void)subject_bound_honest(subject, peak_in_use);
	return peak_in_use + 2000;
}

#endif
