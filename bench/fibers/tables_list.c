/* SPDX-License-Identifier: MIT */
/*
 * Tables that a reference of lists lends: the library's own, by the same code,
 * in memory that the reference keeps.  It knows nothing of tables; so who
 * constructs and destructs them is here.  While a table lies there, its first
 * word is the reference's link.
 */
#include <errno.h>
#include <pthread.h>

#include "memory/source.h"
#include "keytable/table.h"
#include "tables.h"

/* A table, and the one that was constructed before it. */
struct listed {
	struct dp_keytable table;
	struct listed *older;
};

/* What the tables' slots are from.  One reference at a time is open. */
static struct source source;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct listed *newest; /* of all tables; under the lock */

int
tables_open(struct subject *subject, const struct workload *w,
	    size_t in_use_ceiling)
{
	const struct dp_config config = DP_CONFIG_INIT;
	struct workload of_tables = *w;

	dp__source_init(&source, &config);
	newest = NULL;
	of_tables.object_bytes = sizeof(struct listed);
	return subject_open(subject, &of_tables, in_use_ceiling);
}

int
tables_close(struct subject *subject)
{
	for (; newest != NULL; newest = newest->older) {
		struct dp_keytable *table = &newest->table;
		/* The reference has yet to find its others by it. */
		struct source *link = table->source;

		dp__table_destruct(table, &source);
		table->source = link;
	}
	return subject_close(subject);
}

static void
construct(struct listed *listed)
{
	dp__table_construct(&listed->table, &source);
	pthread_mutex_lock(&lock);
	listed->older = newest;
	newest = listed;
	pthread_mutex_unlock(&lock);
}

/*
 * A fiber's first get or set borrows.  That the memory is new is seen from the
 * worker's own count.
 */
static int
prepare(struct dp_keytable **table, struct subject_worker worker)
{
	int64_t before = account_read(&worker.account->constructed);
	struct listed *listed;

	if (*table != NULL)
		return 0;
	listed = subject_borrow(worker, true);
	if (listed == NULL)
		return -errno;
	if (account_read(&worker.account->constructed) != before)
		construct(listed);
	*table = &listed->table;
	dp__table_lend(*table, &source);
	return 0;
}

int
tables_get(struct dp_keytable **table, struct subject_worker worker,
	   struct dp_key key, void **value)
{
	int error = prepare(table, worker);

	*value = NULL;
	return error == 0 ? dp__table_read(*table, key, value) : error;
}

int
tables_set(struct dp_keytable **table, struct subject_worker worker,
	   struct dp_key key, void *value)
{
	int error = prepare(table, worker);

	return error == 0 ? dp__table_write(*table, key, value) : error;
}

int
tables_end(struct dp_keytable **table, struct subject_worker worker)
{
	int error = dp__table_take_back(*table);

	if (error != 0)
		return error;
	subject_return(worker, *table, true);
	*table = NULL;
	return 0;
}
