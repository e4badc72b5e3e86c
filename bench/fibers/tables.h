/* SPDX-License-Identifier: MIT */
/*
 * A subject that lends tables of values, and these on its workers: as
 * dp_keytable_get(), _set() and _end().  tables_pool.c has it for driftpool,
 * tables_list.c for references of lists.  All return 0 or -errno.
 */
#ifndef TABLES_H
#define TABLES_H

#include <driftpool/keytable.h>

#include "load/workload.h"

#include SUBJECT

/* In the place of subject_open() and subject_close(). */
int tables_open(struct subject *subject, const struct workload *w,
		size_t in_use_ceiling);
int tables_close(struct subject *subject);

int tables_get(struct dp_keytable **table, struct subject_worker worker,
	       struct dp_key key, void **value);
int tables_set(struct dp_keytable **table, struct subject_worker worker,
	       struct dp_key key, void *value);
int tables_end(struct dp_keytable **table, struct subject_worker worker);

#endif
