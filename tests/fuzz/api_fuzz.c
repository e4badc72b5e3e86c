/* SPDX-License-Identifier: MIT */
/*
 * Bytes are a sequence of calls: the first one is the magazine size, then each
 * call takes one byte, two if it has arguments.  The model says what must come
 * of it.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "bytes.h"
#include "model.h"

/* Calls of one input, so that none takes long. */
#define CALLS_MAX 400

/* --- Configurations ------------------------------------------------------ */

/* What the header allows, said again in other words. */
static int
config_errno(const struct dp_config *config, bool unknown_set, bool name_good)
{
	size_t align = config->object_align;
	bool power = align != 0 && (align & (align - 1)) == 0;

	if (config->size < sizeof(*config) || config->size > 4096)
		return EINVAL;
	if (unknown_set && config->size > sizeof(*config))
		return E2BIG;
	if (!power || align > 2097152 || !name_good)
		return EINVAL;
	if (config->magazine_size < 2 || config->magazine_size > 1024)
		return EINVAL;
	if (config->object_size == 0 ||
	    config->object_size > (SIZE_MAX >> 1) - align)
		return EINVAL;
	return 0;
}

static void
configure(struct bytes *bytes)
{
	static const size_t sizes[] = { sizeof(struct dp_config),
					sizeof(struct dp_config) - 1,
					sizeof(struct dp_config) + 8,
					4096,
					4097,
					0 };
	static const size_t objects[] = {
		1, 40, 0, SIZE_MAX, SIZE_MAX >> 1, (SIZE_MAX >> 1) - 16
	};
	static const size_t aligns[] = { 16, 1, 0, 3, 2097152, 4194304, 128 };
	static const unsigned magazines[] = { 64, 2, 1, 0, 1024, 1025 };
	static const char *const names[] = { NULL,   "",     "a pool",
					     "\x1f", "\x7f", "\xc3\xa4" };
	/* A config of a newer header. */
	union {
		struct dp_config config;
		unsigned char bytes[4097];
	} newer;
	char name[80];

	memset(&newer, 0, sizeof(newer));
	newer.config.size = BYTES_CHOOSE(bytes, sizes);
	newer.config.object_size = BYTES_CHOOSE(bytes, objects);
	newer.config.object_align = BYTES_CHOOSE(bytes, aligns);
	newer.config.magazine_size = BYTES_CHOOSE(bytes, magazines);
	unsigned length = bytes_next(bytes) % sizeof(name);
	bool unknown_set = bytes_next(bytes) % 2;
	bool long_name = bytes_next(bytes) % 2;

	newer.bytes[sizeof(newer.config) + 7] = unknown_set;
	newer.config.name = BYTES_CHOOSE(bytes, names);
	bool name_good = !newer.config.name || (newer.config.name[0] != 0x1f &&
						newer.config.name[0] != 0x7f);

	if (long_name) {
		memset(name, 'n', sizeof(name));
		name[length] = 0;
		newer.config.name = name;
		name_good = length <= 63;
	}
	model_configure(&newer.config,
			config_errno(&newer.config, unknown_set, name_good));
}

/* --- Calls --------------------------------------------------------------- */

enum call {
	BORROW,
	RETURN,
	BORROW_BULK,
	RETURN_BULK,
	BORROW_THREAD,
	RETURN_THREAD,
	DETACH_THREAD,
	ATTACH,
	DETACH,
	RESERVE,
	TRIM,
	PLACE,
	DESTROY,
	CONFIGURE,
	PARK,
	N_CALLS
};

static void
call(struct model *model, struct bytes *bytes)
{
	uint8_t first = bytes_next(bytes);
	unsigned worker = first >> 6;
	enum call which = (first & 31) % N_CALLS;

	/* The sixth bit: something is to fail. */
	if (first & 32) {
		uint8_t fault = bytes_next(bytes);

		model_prepare(model, fault & 15, fault >> 4);
	}
	switch (which) {
	case BORROW:
		model_borrow(model, worker);
		break;
	case RETURN:
		model_return(model, worker, bytes_next(bytes));
		break;
	case BORROW_BULK:
		model_borrow_bulk(model, worker, bytes_next(bytes) % 64);
		break;
	case RETURN_BULK:
		model_return_bulk(model, worker, bytes_next(bytes) % 64);
		break;
	case BORROW_THREAD:
		model_borrow_thread(model);
		break;
	case RETURN_THREAD:
		model_return_thread(model, bytes_next(bytes));
		break;
	case DETACH_THREAD:
		model_detach_thread(model);
		break;
	case ATTACH:
		model_attach(model, worker);
		break;
	case DETACH:
		model_detach(model, worker);
		break;
	case RESERVE:
		model_reserve(model, bytes_next(bytes) % 32);
		break;
	case TRIM:
		model_trim(model, bytes_next(bytes) % 64);
		break;
	case PLACE:
		model_place(model, worker, bytes_next(bytes) - 1);
		break;
	case DESTROY:
		model_destroy(model);
		break;
	case CONFIGURE:
		configure(bytes);
		break;
	default:
		model_park(model, worker);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned magazines[] = { 2, 3, 4, 8, 64, 1024 };
	struct bytes bytes = { data, size };
	struct model model;

	model_create(&model, BYTES_CHOOSE(&bytes, magazines));
	for (int i = 0; i < CALLS_MAX && bytes.left > 0; i++) {
		call(&model, &bytes);
		model_check(&model);
	}
	model_end(&model);
	return 0;
}
