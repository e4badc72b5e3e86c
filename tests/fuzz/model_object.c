/* SPDX-License-Identifier: MIT */
/* The objects of a model: made, lent, given back and unmade once each. */
#include "model_object.h"

#include <stdint.h>

#include "support/harness.h"

#define COOKIE UINT64_C(0x66757a7a66757a7a)

struct object {
	uint64_t cookie;
	uint64_t lent;
};

const size_t model_object_bytes = sizeof(struct object);

static void
must(const char *claim, bool holds)
{
	harness_equal(claim, true, holds);
}

int
model_construct(void *memory, void *arg)
{
	struct model *model = arg;
	struct object *object = memory;

	if (model->refuse_in > 0 && --model->refuse_in == 0) {
		model->refused = true;
		return -MODEL_REFUSAL;
	}
	*object = (struct object){ .cookie = COOKIE };
	model->constructed++;
	return 0;
}

void
model_destruct(void *memory, void *arg)
{
	struct model *model = arg;
	struct object *object = memory;

	must("an object destructed is one", object->cookie == COOKIE);
	must("an object destructed is not lent", object->lent == 0);
	object->cookie = 0;
	model->destructed++;
	if (model->reserved > 0)
		model->reserved--;
}

void
model_hold(struct model *model, void *memory)
{
	struct object *object = memory;

	must("an object borrowed is one", object->cookie == COOKIE);
	must("an object borrowed is not lent", object->lent == 0);
	object->lent = 1;
	model->held[model->n_held++] = object;
}

void *
model_let_go(struct model *model, size_t i)
{
	struct object *object = model->held[i];

	must("an object returned is one", object->cookie == COOKIE);
	must("an object returned is lent", object->lent == 1);
	object->lent = 0;
	model->held[i] = model->held[--model->n_held];
	return object;
}
