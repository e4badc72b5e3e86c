/* SPDX-License-Identifier: MIT */
/*
 * The registry of keys: an array of places, searched from its beginning, so
 * that the keys in use share few sub-tables.
 *
 * A place's version is odd while a key has it.  It counts on for ever, so that
 * no two keys are equal; a place whose versions are used up stays empty.
 */
#include "keys.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "memory/uncancelled.h"

struct key_place dp__keys[DP_KEYS_MAX];

/* Protects who changes a place; nothing else is called under it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint32_t
version_of(const struct key_place *place)
{
	/* Y1 relaxed: who has a key was passed it after its creation. */
	return atomic_load_explicit(&place->version, memory_order_relaxed);
}

static void
set_version(struct key_place *place, uint32_t version)
{
	/* Y2 relaxed: who must see a deletion has it happen before. */
	atomic_store_explicit(&place->version, version, memory_order_relaxed);
}

bool
dp__key_exists(struct dp_key key)
{
	return key.index < DP_KEYS_MAX && key.version % 2 == 1 &&
	       version_of(&dp__keys[key.index]) == key.version;
}

/*
 * First the destructor, then the version.  If that is of the key's successor,
 * so is the version, or it is even.
 */
bool
dp__key_destruct(struct dp_key key, void *value, struct dp_keytable *table)
{
	/*
	 * Y3 acquire: pairs with Y4.  Who sees a later key's destructor sees
	 * that this key was deleted.
	 */
	void (*destruct)(void *, struct dp_keytable *) = atomic_load_explicit(
		&dp__keys[key.index].destruct, memory_order_acquire);

	if (!destruct || !dp__key_exists(key))
		return false;
	UNCANCELLED;

	destruct(value, table);
	return true;
}

int
dp_key_create(struct dp_key *key,
	      void (*destruct)(void *value, struct dp_keytable *table))
{
	int status = -EAGAIN;

	if (!key)
		return -EINVAL;
	pthread_mutex_lock(&lock);
	for (uint32_t i = 0; status != 0 && i < DP_KEYS_MAX; i++) {
		struct key_place *place = &dp__keys[i];
		uint32_t version = version_of(place);

		if (version % 2 == 1 || version == KEY_VERSION_LAST)
			continue;
		/* Y4 release: pairs with Y3.  After the last deletion. */
		atomic_store_explicit(&place->destruct, destruct,
				      memory_order_release);
		set_version(place, version + 1);
		*key = (struct dp_key){ i, version + 1 };
		status = 0;
	}
	pthread_mutex_unlock(&lock);
	return status;
}

int
dp_key_delete(struct dp_key key)
{
	int status = -EINVAL;

	pthread_mutex_lock(&lock);
	if (dp__key_exists(key)) {
		set_version(&dp__keys[key.index], key.version + 1);
		status = 0;
	}
	pthread_mutex_unlock(&lock);
	return status;
}

void
dp__keys_lock(void)
{
	pthread_mutex_lock(&lock);
}

void
dp__keys_unlock(void)
{
	pthread_mutex_unlock(&lock);
}
