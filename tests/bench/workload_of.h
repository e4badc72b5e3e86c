/* SPDX-License-Identifier: MIT */
/* Workloads to compute with. */
#ifndef WORKLOAD_OF_H
#define WORKLOAD_OF_H

#include "load/workload.h"

static inline struct workload
workload_of(unsigned workers, double migrate, enum destination destination)
{
	return (struct workload){ .workers = workers,
				  .migrate = migrate,
				  .destination = destination,
				  .theta = .99 };
}

#endif
