/* SPDX-License-Identifier: MIT */
/* Mutexes and grace periods, in place of the system's and liburcu's. */
#ifndef LOCK_H
#define LOCK_H

#include <stdbool.h>

void lock_reset(void);

/* As pthread_mutex_..., which return 0 or an errno. */
int lock_init(void *mutex);
int lock_destroy(void *mutex);
int lock_take(void *mutex);
int lock_try(void *mutex);
int lock_give(void *mutex);

/* A read-side section, and waiting for those that may have begun before. */
void lock_read_begin(void);
void lock_read_end(void);
bool lock_reads(void); /* Is the thread that runs in one? */
void lock_synchronize(void);

#endif
