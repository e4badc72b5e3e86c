/* SPDX-License-Identifier: MIT */
/*
 * The ledger of a library with checks: each object of a pool, whether it is
 * lent out, and who lent it out or took it back last.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "party.h"

struct ledger_entry {
	void *object; /* NULL: a free place */
	bool lent;
	uint64_t hash; /* of its bytes, while it is not lent */
	struct party lender;
	struct party returner;
};

/*
 * Invariant: n <= capacity / 2, capacity a power of two or 0; each object is in
 * the first free place from its hash on.  One thread at a time.
 */
struct ledger {
	struct ledger_entry *entries;
	size_t n;
	size_t capacity;
};

/* NULL: no object of this pool. */
struct ledger_entry *dp__ledger_find(const struct ledger *ledger,
				     const void *object);

/* False: out of memory.  pre: not in there */
bool dp__ledger_add(struct ledger *ledger, void *object);

/* pre: in there */
void dp__ledger_remove(struct ledger *ledger, const void *object);

void dp__ledger_fini(struct ledger *ledger);

/* Tells that something was written.  pre: the object is the caller's own */
uint64_t dp__ledger_hash(const void *object, size_t bytes);

#endif
