/* SPDX-License-Identifier: MIT */
/* The keys of the process: which exist, and their destructors. */
#ifndef KEYS_H
#define KEYS_H

#include <driftpool/keytable.h>

#include <stdbool.h>

/* The version that makes a place retire: no key has it, and none after it. */
#define KEY_VERSION_LAST (UINT32_MAX - 1)

/*
 * Invariant: the version is odd while the key exists, and never goes back.
 * Written under the registry's lock, read by anyone.
 */
struct key_place {
	_Atomic uint32_t version;
	_Atomic(void (*)(void *, struct dp_keytable *)) destruct;
};

/* By index; for tests, which retire one. */
extern struct key_place dp__keys[DP_KEYS_MAX];

bool dp__key_exists(struct dp_key key);

/*
 * Runs the destructor of this very key on a value.  False: it has none, or the
 * key does not exist.
 */
bool dp__key_destruct(struct dp_key key, void *value,
		      struct dp_keytable *table);

/* Around fork(). */
void dp__keys_lock(void);
void dp__keys_unlock(void);

#endif
