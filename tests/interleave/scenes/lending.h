/* SPDX-License-Identifier: MIT */
/*
 * Who has what: objects and magazines, each in one hand or none.  What is taken
 * is written to, so that a missing order between the last hand and this one is
 * a data race.
 */
#ifndef LENDING_H
#define LENDING_H

#include <stdbool.h>
#include <stddef.h>

#include "memory/source.h"

#define LENDING_BYTES 8u

void lending_begin(void);

/* A thing is there from now on, in the caller's hand; it is gone. */
void lending_add(void *thing);
void lending_remove(void *thing);

/* The caller takes a thing that lies about; puts it down. */
void lending_take(void *thing);
void lending_put(void *thing);

/* The caller has now what `from` had, by a way of the scene's own. */
void lending_claim(void *thing, unsigned from);

/* Things there are, and those in hands. */
unsigned lending_things(void);
unsigned lending_held(void);

/* Entry of a borrow and exit of a return: what the bound counts. */
void lending_use(int n);

/*
 * Of the objects constructed from now on, at most the peak in use and so many
 * more may be there at once.
 */
void lending_bound(unsigned more);

#endif
