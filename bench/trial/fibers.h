/* SPDX-License-Identifier: MIT */
/*
 * The case `fibers`: a trial in which fibers borrow tables of values, wait, go
 * on wherever they were stolen to, and return them there.  It is a trial like
 * any other, but for what its threads do and what the subject lends.
 */
#ifndef FIBERS_H
#define FIBERS_H

#include "station.h"
#include "trial.h"

/* What a fiber sleeps that does not yield. */
#define FIBERS_SLEEP_NS ((uint64_t)1000 * 1000)

struct crew;

/* Does the subject lend tables?  Else nothing of the rest may be called. */
bool fibers_offered(void);

/* As subject_open() and subject_close(), of a subject that lends tables. */
int fibers_subject_open(struct subject *subject, const struct workload *w,
			size_t in_use_ceiling);
int fibers_subject_close(struct subject *subject);

/* 0 or -errno, and then there is nothing to close. */
int fibers_open(struct crew **crew, const struct workload *w,
		struct stations *stations);
/* When the subject is closed: every value must have gone. */
void fibers_close(struct crew *crew, struct trial *trial);

/* The thread of a station, and its argument. */
void *fibers_run(void *worker);
void *fibers_worker(struct crew *crew, unsigned i);

/* By the main thread: before each phase; and what they did, at rest. */
void fibers_prepare(struct crew *crew, struct team *team);
void fibers_measure(struct crew *crew, struct trial *trial);

#endif
