/* SPDX-License-Identifier: MIT */
/*
 * What fibers live on: a key, the values under it, and their number.  Values
 * are made by fibers, stay in the tables that are returned, and go when another
 * fiber sets over them what it did not read, or with their tables.
 */
#ifndef LIFE_H
#define LIFE_H

#include "fiber.h"

/* One at a time.  0 or -errno. */
int life_open(struct dp_key *key);
/* Deletes the key; says how many values were destructed since it was made. */
void life_close(struct dp_key key, uint64_t *destructed);

#endif
