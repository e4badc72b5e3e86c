/* SPDX-License-Identifier: MIT */
/*
 * The objects of a model.  Each knows whether it is one and whether it is lent,
 * and whatever does not fit ends the program.
 */
#ifndef MODEL_OBJECT_H
#define MODEL_OBJECT_H

#include <errno.h>

#include "model.h"

/* What a refused construction reports: no errno of the library's own. */
#define MODEL_REFUSAL EDQUOT

extern const size_t model_object_bytes;

/* For a pool's configuration; arg is the model. */
int model_construct(void *memory, void *arg);
void model_destruct(void *memory, void *arg);

void model_hold(struct model *model, void *memory);

/* Returns held[i], which is no longer. */
void *model_let_go(struct model *model, size_t i);

#endif
