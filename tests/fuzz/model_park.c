/* SPDX-License-Identifier: MIT */
/* Workers that are parked, and what others may take of theirs. */
#include "model.h"

#include "support/allocator.h"

void
model_park(struct model *model, unsigned worker)
{
	if (!model->workers[worker])
		return;
	dp_worker_park(model->workers[worker]);
	model->parked[worker] = true;
}

void
model_take_over(struct model *model)
{
	for (unsigned i = 0; i < MODEL_WORKERS; i++)
		if (model->parked[i])
			model->last[i] = NULL;
}

bool
model_all_parked(const struct model *model)
{
	bool all = !model->thread_attached;

	for (unsigned i = 0; i < MODEL_WORKERS; i++)
		all = all && (!model->workers[i] || model->parked[i]);
	return all;
}

void
model_borrowed(struct model *model)
{
	if (model->refused || allocator_failed())
		model_take_over(model);
}
