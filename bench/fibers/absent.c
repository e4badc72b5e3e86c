/* SPDX-License-Identifier: MIT */
/* The case `fibers` of a subject that lends no tables: it is refused. */
#include <errno.h>
#include <stdlib.h>

#include "trial/fibers.h"

bool
fibers_offered(void)
{
	return false;
}

int
fibers_subject_open(struct subject *subject, const struct workload *w,
		    size_t in_use_ceiling)
{
	(void)subject;
	(void)w;
	(void)in_use_ceiling;
	return -ENOTSUP;
}

int
fibers_subject_close(struct subject *subject)
{
	(void)subject;
	return -ENOTSUP;
}

int
fibers_open(struct crew **crew, const struct workload *w,
	    struct stations *stations)
{
	(void)crew;
	(void)w;
	(void)stations;
	return -ENOTSUP;
}

void
fibers_close(struct crew *crew, struct trial *trial)
{
	(void)crew;
	(void)trial;
}

void *
fibers_run(void *worker)
{
	return worker;
}

void *
fibers_worker(struct crew *crew, unsigned i)
{
	(void)crew;
	(void)i;
	return NULL;
}

void
fibers_prepare(struct crew *crew, struct team *team)
{
	(void)crew;
	(void)team;
}

void
fibers_measure(struct crew *crew, struct trial *trial)
{
	(void)crew;
	(void)trial;
}
