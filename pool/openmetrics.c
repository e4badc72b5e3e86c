/* SPDX-License-Identifier: MIT */
/*
 * A pool's numbers as OpenMetrics text.  What a walk reads is copied first:
 * nobody waits for who reads the file.
 */
#include <driftpool/openmetrics.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "pool.h"

/* All that is written.  The caller's. */
struct snapshot {
	struct dp_stats stats;
	size_t slack; /* the bound of a pool that lends nothing */
	int64_t departed;
	struct flow *flows;
	size_t n;
};

/* --- Reading ------------------------------------------------------------- */

/* Returns 0 or -ENOMEM. */
static int
read_flows(struct dp_pool *pool, struct snapshot *snapshot)
{
	size_t room;

	snapshot->n = dp__registry_workers(&pool->registry);
	/* Again, if more have attached meanwhile. */
	do {
		room = snapshot->n + 1;
		struct flow *flows =
			realloc(snapshot->flows, room * sizeof(*flows));

		if (!flows)
			return -ENOMEM;
		snapshot->flows = flows;
		snapshot->n = dp__registry_flows(&pool->registry, flows, room,
						 &snapshot->departed);
	} while (snapshot->n > room);
	return 0;
}

/* --- Writing ------------------------------------------------------------- */

/* Bytes of the UTF-8 character that the text begins with; 0: it is none. */
static size_t
character_bytes(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t n = c[0] < 0x80   ? 1
		   : c[0] < 0xc2 ? 0
		   : c[0] < 0xe0 ? 2
		   : c[0] < 0xf0 ? 3
		   : c[0] < 0xf5 ? 4
				 : 0;

	/* A final 0 is no continuation: nothing after it is read. */
	for (size_t i = 1; i < n; i++)
		if (c[i] < 0x80 || c[i] > 0xbf)
			return 0;
	/* Too long for what they say, surrogates, beyond Unicode. */
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
	    (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
		return 0;
	return n;
}

/* A label's value; bytes that are no UTF-8 become question marks. */
static void
write_escaped(FILE *file, const char *text)
{
	while (*text) {
		size_t n = character_bytes(text);

		if (*text == '"' || *text == '\\')
			putc('\\', file);
		if (n > 0)
			fwrite(text, 1, n, file);
		else
			putc('?', file);
		text += n > 0 ? n : 1;
	}
}

static void
write_family(FILE *file, const char *name, const char *type, const char *help)
{
	fprintf(file, "# TYPE driftpool%s %s\n# HELP driftpool%s %s\n", name,
		type, name, help);
}

/* A sample up to its value; label NULL: the pool's alone. */
static void
write_name(FILE *file, const struct dp_pool *pool, const char *name,
	   const char *label, const char *value)
{
	fprintf(file, "driftpool%s{pool=\"", name);
	write_escaped(file, pool->name);
	if (label)
		fprintf(file, "\",%s=\"%s", label, value);
	fputs("\"} ", file);
}

static void
write_number(FILE *file, const struct dp_pool *pool, const char *name,
	     const char *label, const char *value, uint64_t number)
{
	write_name(file, pool, name, label, value);
	fprintf(file, "%" PRIu64 "\n", number);
}

static void
write_info(FILE *file, const struct dp_pool *pool)
{
	write_family(file, "", "info", "What lends the objects.");
	fputs("driftpool_info{pool=\"", file);
	write_escaped(file, pool->name);
	fprintf(file, "\",backend=\"%s\",version=\"%s\"} 1\n",
		dp_backend_name(), dp_version());
}

static void
write_objects(FILE *file, const struct dp_pool *pool,
	      const struct dp_stats *stats)
{
	write_family(file, "_objects", "gauge",
		     "Objects by state, exact at rest and within two magazines "
		     "a worker otherwise.");
	write_number(file, pool, "_objects", "state", "in_use", stats->in_use);
	write_number(file, pool, "_objects", "state", "cached", stats->cached);
	write_number(file, pool, "_objects", "state", "depot", stats->depot);
}

static void
write_totals(FILE *file, const struct dp_pool *pool,
	     const struct dp_stats *stats)
{
	const struct {
		const char *name, *sample, *help;
		uint64_t number;
	} totals[] = {
		{ "_constructed", "_constructed_total", "Objects constructed.",
		  stats->constructed },
		{ "_destructed", "_destructed_total", "Objects destructed.",
		  stats->destructed },
		{ "_refills", "_refills_total",
		  "Magazines taken from the shared pool.", stats->refills },
		{ "_flushes", "_flushes_total",
		  "Magazines given to the shared pool.", stats->flushes },
		{ "_misses", "_misses_total",
		  "Attempts to refill that found nothing.", stats->misses },
		{ "_retries", "_retries_total",
		  "Exchanges that failed or waited and went on.",
		  stats->retries },
	};

	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
		write_family(file, totals[i].name, "counter", totals[i].help);
		write_number(file, pool, totals[i].sample, NULL, NULL,
			     totals[i].number);
	}
}

static void
write_levels(FILE *file, const struct dp_pool *pool,
	     const struct dp_stats *stats)
{
	const struct {
		const char *name, *help;
		uint64_t number;
	} levels[] = {
		{ "_reserved", "Objects constructed ahead of time.",
		  stats->reserved },
		{ "_workers", "Workers attached.", stats->workers },
		{ "_workers_peak", "The most workers attached at once.",
		  stats->peak_workers },
		{ "_magazine_size", "Objects in a magazine.",
		  stats->magazine_size },
	};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		write_family(file, levels[i].name, "gauge", levels[i].help);
		write_number(file, pool, levels[i].name, NULL, NULL,
			     levels[i].number);
	}
}

static void
write_bound(FILE *file, const struct dp_pool *pool, size_t slack)
{
	write_family(file, "_bound_over_peak", "gauge",
		     "The most objects there can be, beyond the most that were "
		     "in use at once.");
	if (slack < SIZE_MAX) {
		write_number(file, pool, "_bound_over_peak", NULL, NULL, slack);
		return;
	}
	write_name(file, pool, "_bound_over_peak", NULL, NULL);
	fputs("+Inf\n", file);
}

static void
write_flows(FILE *file, const struct dp_pool *pool,
	    const struct snapshot *snapshot)
{
	write_family(
		file, "_net_flow", "gauge",
		"Objects that a worker gave to the shared pool, less those "
		"it took.");
	write_name(file, pool, "_net_flow", "worker", "departed");
	fprintf(file, "%" PRId64 "\n", snapshot->departed);
	for (size_t i = 0; i < snapshot->n; i++) {
		char number[24];

		snprintf(number, sizeof(number), "%" PRIu64,
			 snapshot->flows[i].worker);
		write_name(file, pool, "_net_flow", "worker", number);
		fprintf(file, "%" PRId64 "\n", snapshot->flows[i].net);
	}
}

int
dp_stats_write_openmetrics(struct dp_pool *pool, FILE *file)
{
	struct snapshot snapshot = { .slack = dp_pool_bound(pool, 0) };

	dp_pool_stats(pool, &snapshot.stats);
	int status = read_flows(pool, &snapshot);

	if (status == 0) {
		write_info(file, pool);
		write_objects(file, pool, &snapshot.stats);
		write_totals(file, pool, &snapshot.stats);
		write_levels(file, pool, &snapshot.stats);
		write_bound(file, pool, snapshot.slack);
		write_flows(file, pool, &snapshot);
		fputs("# EOF\n", file);
		/* An error before the flush is remembered without its errno. */
		errno = 0;
		if (fflush(file) != 0 || ferror(file))
			status = errno > 0 ? -errno : -EIO;
	}
	free(snapshot.flows);
	return status;
}
