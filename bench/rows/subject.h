/* SPDX-License-Identifier: MIT */
/*
 * The subject of a row: what objects are borrowed from and returned to.  One
 * header implements it, SUBJECT, which the build defines; so every row has the
 * same loop, and nothing on the measured path is called through a pointer.
 *
 *	struct subject, struct subject_worker
 *	const char *subject_name(void)
 *	bool subject_leaks(void)	creates for ever if objects migrate
 *	int subject_open(struct subject *, const struct workload *,
 *			 size_t in_use_ceiling)		0 or -errno
 *	int subject_close(struct subject *)		0 or -errno
 *	int subject_attach(struct subject_worker *, struct subject *,
 *			   unsigned worker)		0 or -errno
 *	void subject_detach(struct subject_worker)
 *	void *subject_borrow(struct subject_worker, bool crosses)
 *							NULL and errno
 *	void subject_return(struct subject_worker, void *object, bool crosses)
 *	void subject_stats(struct subject *, struct subject_stats *)
 *	size_t subject_bound(struct subject *, size_t peak_in_use)
 *	void subject_trim(struct subject *)	gives back what memory it can;
 *						no worker is attached
 *	bool subject_gives_back(void)	that is nearly all of what was added
 *	bool subject_borrow_exchanges(struct subject_worker)
 *	bool subject_return_exchanges(struct subject_worker)
 *		is the next one not served by what the worker has at hand?
 *		Asked only where it is timed or simulated
 *	bool subject_has_spare(void)	what is at hand is half of a cache:
 *		the other half serves, unless the last one that was not
 *		served went the same way
 *	void subject_place(struct subject_worker, int cpu)
 *		simulation: the worker runs on this CPU from now on
 *
 *	bool subject_has_metrics(void)
 *	int subject_metrics(struct subject *, FILE *)
 *		writes OpenMetrics; 0 or -errno
 *
 * A struct subject_worker is a handle, at most a register wide, that the loop
 * keeps at hand as an application would; one thread at a time uses it.
 * `crosses` is workload_crosses(), a constant on the measured path.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "load/workload.h"

/* Defines what there is nothing to do for, for a subject with no such state. */
#define SUBJECT_STATELESS                                                      \
	static inline void subject_detach(struct subject_worker worker)        \
	{                                                                      \
		(void)worker;                                                  \
	}                                                                      \
	static inline void subject_place(struct subject_worker worker,         \
					 int cpu)                              \
	{                                                                      \
		(void)worker;                                                  \
		(void)cpu;                                                     \
	}                                                                      \
	static inline bool subject_has_spare(void)                             \
	{                                                                      \
		return false;                                                  \
	}                                                                      \
	static inline bool subject_has_metrics(void)                           \
	{                                                                      \
		return false;                                                  \
	}                                                                      \
	static inline int subject_metrics(struct subject *subject, FILE *file) \
	{                                                                      \
		(void)subject;                                                 \
		(void)file;                                                    \
		return -ENOTSUP;                                               \
	}

/* A subject that keeps all memory that it has. */
#define SUBJECT_KEEPS                                                          \
	static inline void subject_trim(struct subject *subject)               \
	{                                                                      \
		(void)subject;                                                 \
	}                                                                      \
	static inline bool subject_gives_back(void)                            \
	{                                                                      \
		return false;                                                  \
	}

/* No state, no bound, no leak and no exchange: the subject is no pool. */
#define SUBJECT_NO_POOL                                                        \
	SUBJECT_STATELESS                                                      \
	static inline bool subject_leaks(void)                                 \
	{                                                                      \
		return false;                                                  \
	}                                                                      \
	static inline size_t subject_bound(struct subject *subject,            \
					   size_t peak_in_use)                 \
	{                                                                      \
		(void)subject;                                                 \
		(void)peak_in_use;                                             \
		return SIZE_MAX;                                               \
	}                                                                      \
	static inline bool subject_borrow_exchanges(                           \
		struct subject_worker worker)                                  \
	{                                                                      \
		(void)worker;                                                  \
		return false;                                                  \
	}                                                                      \
	static inline bool subject_return_exchanges(                           \
		struct subject_worker worker)                                  \
	{                                                                      \
		(void)worker;                                                  \
		return false;                                                  \
	}

/*
 * What the subject knows about itself; the meanings are those of pool.h.
 * Not counted: neither the books nor the exchanges are known, all is 0.
 */
struct subject_stats {
	bool counted; /* the five levels and totals */
	uint64_t in_use;
	uint64_t cached;
	uint64_t depot;
	uint64_t constructed;
	uint64_t destructed;
	bool exchanges; /* what follows */
	uint64_t refills;
	uint64_t flushes;
	uint64_t misses;
	uint64_t rack_hits;
	uint64_t depot_hits;
	uint64_t steals;
	uint64_t retries;
	uint64_t peak_workers;
};

#endif
