/* SPDX-License-Identifier: MIT */
/* Which addresses two threads use, over all executions of a scene. */
#ifndef SHARING_H
#define SHARING_H

#include <stdbool.h>

void sharing_reset(void);

/* The thread uses it.  Returns whether another one does, too. */
bool sharing_touch(const void *address, unsigned thread);

/* Has an address become shared since the last call? */
bool sharing_grew(void);

#endif
