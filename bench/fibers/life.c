/* SPDX-License-Identifier: MIT */
/*
 * The life of a fiber.  One in two reads first, and makes a value where there
 * is none; the other sets without reading, which made a table for each such
 * fiber in bRPC, and must destruct what it sets over.  After its wait each must
 * find its own value: a table that was lent twice would show here.
 */
#include "life.h"

#include <errno.h>
#include <stdlib.h>

#include "crew.h"
#include "tables.h"

/* Invariant: while a fiber has it, `number` is that fiber's. */
struct value {
	uint64_t number;
	unsigned char bytes[];
};

/* Of all values, by any thread. */
static _Atomic uint64_t destructed;

static void
value_destruct(void *value, struct dp_keytable *table)
{
	(void)table;
	free(value);
	/* BW8 relaxed: a number, read at rest. */
	atomic_fetch_add_explicit(&destructed, 1, memory_order_relaxed);
}

int
life_open(struct dp_key *key)
{
	/* BW9 relaxed: nobody else is there. */
	atomic_store_explicit(&destructed, 0, memory_order_relaxed);
	return dp_key_create(key, value_destruct);
}

void
life_close(struct dp_key key, uint64_t *n)
{
	dp_key_delete(key);
	/* BW10 relaxed: all threads have ended. */
	*n = atomic_load_explicit(&destructed, memory_order_relaxed);
}

void
fiber_begin(struct fiber *f, uint64_t number)
{
	f->step = FIBER_BEGINS;
	f->number = number;
	f->table = NULL;
	f->value = NULL;
}

/* Makes a value and sets it.  0 or -errno. */
static int
value_make(struct fiber *f, struct crew_worker *w)
{
	struct value *value = malloc(w->crew->workload->object_bytes);
	int error = -ENOMEM;

	if (value != NULL)
		error = tables_set(&f->table, w->station->worker, w->crew->key,
				   value);
	if (error != 0) {
		free(value);
		return error;
	}
	w->made++;
	f->value = value;
	return 0;
}

/* Gets, and makes one if there is none.  0 or -errno. */
static int
value_find(struct fiber *f, struct crew_worker *w)
{
	void *value;
	int error =
		tables_get(&f->table, w->station->worker, w->crew->key, &value);

	f->value = value;
	return error == 0 && value == NULL ? value_make(f, w) : error;
}

static int
begin(struct fiber *f, struct crew_worker *w)
{
	int error = f->number % 2 == 0 ? value_find(f, w) : value_make(f, w);

	if (error == 0)
		f->value->number = f->number;
	f->step = FIBER_GOES_ON;
	if (f->table == NULL)
		return error;
	f->borrowed_on = w->station->index;
	w->station->borrowed++;
	return error;
}

static int
go_on(struct fiber *f, struct crew_worker *w)
{
	struct station *s = w->station;
	void *value;
	int error;

	if (f->table == NULL)
		return 0;
	error = tables_get(&f->table, s->worker, w->crew->key, &value);
	if (error == 0 && (value != f->value || f->value->number != f->number))
		w->strangers++;
	if (error == 0)
		error = tables_end(&f->table, s->worker);
	if (error != 0)
		return error;
	if (f->borrowed_on == s->index) {
		s->kept++;
	} else {
		/* Who returns it counts for who let it go, too. */
		s->sent++;
		s->received++;
	}
	return 0;
}

bool
fiber_step(struct fiber *f, struct crew_worker *w)
{
	bool begins = f->step == FIBER_BEGINS;
	int error = begins ? begin(f, w) : go_on(f, w);

	if (error != 0 && w->error == 0)
		w->error = error;
	return begins;
}
