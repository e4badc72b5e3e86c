/* SPDX-License-Identifier: MIT */
/*
 * Pools' numbers as OpenMetrics text.  What a walk reads is copied first, and
 * the text is made in memory: nobody waits for who reads the file, and it gets
 * all or, where memory is short, nothing.  A family is written once, with the
 * samples of all pools.
 */
#include <driftpool/openmetrics.h>

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/pool.h"
#include "memory/uncancelled.h"

/* All that is written of a pool.  The caller's. */
struct snapshot {
	char label[2 * DP_NAME_BYTES_MAX + 1]; /* its name, escaped */
	struct dp_stats stats;
	size_t slack; /* the bound of a pool that lends nothing */
	int64_t departed;
	struct flow *flows;
	size_t n_flows;
};

/* What is written, and where: into memory.  The caller's. */
struct exposition {
	FILE *file;
	struct snapshot *each;
	size_t n;
};

/* --- Labels -------------------------------------------------------------- */

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

/* The name as a label's value; bytes that are no UTF-8 are question marks. */
static void
escape(char *label, const char *name)
{
	while (*name) {
		size_t n = character_bytes(name);

		if (*name == '"' || *name == '\\')
			*label++ = '\\';
		if (n > 0)
			memcpy(label, name, n);
		else
			*label = '?';
		n = n > 0 ? n : 1;
		label += n;
		name += n;
	}
	*label = 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * Samples of two pools of one name could not be told apart.  Returns 0, -EINVAL
 * or -ENOMEM.
 */
static int
check_labels(const struct exposition *out)
{
	const char **labels = calloc(out->n + 1, sizeof(*labels));
	int status = 0;

	if (!labels)
		return -ENOMEM;
	for (size_t i = 0; i < out->n; i++)
		labels[i] = out->each[i].label;
	qsort(labels, out->n, sizeof(*labels), compare);
	for (size_t i = 1; i < out->n; i++)
		if (strcmp(labels[i - 1], labels[i]) == 0)
			status = -EINVAL;
	free(labels);
	return status;
}

/* --- Reading ------------------------------------------------------------- */

/* Returns 0 or -ENOMEM. */
static int
read_flows(struct dp_pool *pool, struct snapshot *snapshot)
{
	size_t room;

	snapshot->n_flows = dp__registry_workers(&pool->registry);
	/* Again if they have become twice as many: so this ends. */
	do {
		room = 2 * snapshot->n_flows + 1;
		struct flow *flows =
			realloc(snapshot->flows, room * sizeof(*flows));

		if (!flows)
			return -ENOMEM;
		snapshot->flows = flows;
		snapshot->n_flows = dp__registry_flows(
			&pool->registry, flows, room, &snapshot->departed);
	} while (snapshot->n_flows > room);
	return 0;
}

/*
 * The bound grows as workers attach and objects are reserved, and falls as
 * objects are given up: of before and after the larger.  Returns 0 or -ENOMEM.
 */
static int
read_pool(struct dp_pool *pool, struct snapshot *snapshot)
{
	escape(snapshot->label, pool->name);
	size_t before = dp_pool_bound(pool, 0);

	dp_pool_stats(pool, &snapshot->stats);
	size_t after = dp_pool_bound(pool, 0);

	snapshot->slack = before > after ? before : after;
	return read_flows(pool, snapshot);
}

/* --- Writing ------------------------------------------------------------- */

static void
write_family(const struct exposition *out, const char *name, const char *type,
	     const char *help)
{
	fprintf(out->file, "# TYPE driftpool%s %s\n# HELP driftpool%s %s\n",
		name, type, name, help);
}

/* A sample up to its value; label NULL: the pool's alone. */
static void
write_name(const struct exposition *out, const struct snapshot *snapshot,
	   const char *name, const char *label, const char *value)
{
	fprintf(out->file, "driftpool%s{pool=\"%s", name, snapshot->label);
	if (label)
		fprintf(out->file, "\",%s=\"%s", label, value);
	fputs("\"} ", out->file);
}

static void
write_info(const struct exposition *out)
{
	write_family(out, "", "info", "What lends the objects.");
	for (size_t i = 0; i < out->n; i++)
		fprintf(out->file,
			"driftpool_info{pool=\"%s\",backend=\"%s\","
			"version=\"%s\"} 1\n",
			out->each[i].label, dp_backend_name(), dp_version());
}

static void
write_state(const struct exposition *out, const struct snapshot *snapshot,
	    const char *name, const char *state, uint64_t n)
{
	write_name(out, snapshot, name, "state", state);
	fprintf(out->file, "%" PRIu64 "\n", n);
}

static void
write_objects(const struct exposition *out)
{
	write_family(out, "_objects", "gauge",
		     "Objects by state, exact at rest and within two magazines "
		     "a worker otherwise.");
	for (size_t i = 0; i < out->n; i++) {
		const struct snapshot *of = &out->each[i];

		write_state(out, of, "_objects", "in_use", of->stats.in_use);
		write_state(out, of, "_objects", "cached", of->stats.cached);
		write_state(out, of, "_objects", "depot", of->stats.depot);
	}
}

static void
write_magazines(const struct exposition *out)
{
	write_family(out, "_magazines", "gauge",
		     "Magazines by state: in caches; with objects in the "
		     "shared pool; empty there.");
	for (size_t i = 0; i < out->n; i++) {
		const struct snapshot *of = &out->each[i];
		const struct dp_stats *stats = &of->stats;

		write_state(out, of, "_magazines", "cached",
			    stats->magazines_cached);
		write_state(out, of, "_magazines", "depot",
			    stats->magazines_depot);
		write_state(out, of, "_magazines", "empty",
			    stats->magazines_empty);
	}
}

/* What stands in the stats as it is written. */
static const struct number {
	const char *name, *type, *sample;
	size_t offset; /* of an uint64_t in struct dp_stats */
	const char *help;
} numbers[] = {
	{ "_constructed", "counter", "_constructed_total",
	  offsetof(struct dp_stats, constructed), "Objects constructed." },
	{ "_destructed", "counter", "_destructed_total",
	  offsetof(struct dp_stats, destructed), "Objects destructed." },
	{ "_refills", "counter", "_refills_total",
	  offsetof(struct dp_stats, refills),
	  "Magazines taken from the shared pool." },
	{ "_flushes", "counter", "_flushes_total",
	  offsetof(struct dp_stats, flushes),
	  "Magazines given to the shared pool." },
	{ "_misses", "counter", "_misses_total",
	  offsetof(struct dp_stats, misses),
	  "Attempts to refill that found nothing." },
	{ "_retries", "counter", "_retries_total",
	  offsetof(struct dp_stats, retries),
	  "Exchanges that failed or waited and went on." },
	{ "_reserved", "gauge", "_reserved",
	  offsetof(struct dp_stats, reserved),
	  "Objects constructed ahead of time and not given up." },
	{ "_workers", "gauge", "_workers", offsetof(struct dp_stats, workers),
	  "Workers attached." },
	{ "_workers_peak", "gauge", "_workers_peak",
	  offsetof(struct dp_stats, peak_workers),
	  "The most workers attached at once." },
	{ "_magazine_size", "gauge", "_magazine_size",
	  offsetof(struct dp_stats, magazine_size), "Objects in a magazine." },
	{ "_magazine_slots", "gauge", "_magazine_slots",
	  offsetof(struct dp_stats, magazine_slots),
	  "Slots with a magazine or kept for one." },
};

static void
write_number(const struct exposition *out, const struct number *number)
{
	write_family(out, number->name, number->type, number->help);
	for (size_t i = 0; i < out->n; i++) {
		const char *stats = (const char *)&out->each[i].stats;
		const uint64_t *value = (const void *)(stats + number->offset);

		write_name(out, &out->each[i], number->sample, NULL, NULL);
		fprintf(out->file, "%" PRIu64 "\n", *value);
	}
}

static void
write_bound(const struct exposition *out)
{
	write_family(out, "_bound_over_peak", "gauge",
		     "The most objects there can be, beyond the most that were "
		     "in use at once.");
	for (size_t i = 0; i < out->n; i++) {
		size_t slack = out->each[i].slack;

		write_name(out, &out->each[i], "_bound_over_peak", NULL, NULL);
		if (slack < SIZE_MAX)
			fprintf(out->file, "%zu\n", slack);
		else
			fputs("+Inf\n", out->file);
	}
}

static void
write_flows_of(const struct exposition *out, const struct snapshot *of)
{
	write_name(out, of, "_net_flow", "worker", "departed");
	fprintf(out->file, "%" PRId64 "\n", of->departed);
	for (size_t i = 0; i < of->n_flows; i++) {
		char number[24];

		snprintf(number, sizeof(number), "%" PRIu64,
			 of->flows[i].worker);
		write_name(out, of, "_net_flow", "worker", number);
		fprintf(out->file, "%" PRId64 "\n", of->flows[i].net);
	}
}

static void
write_flows(const struct exposition *out)
{
	write_family(
		out, "_net_flow", "gauge",
		"Objects that a worker gave to the shared pool, less those "
		"it took.");
	for (size_t i = 0; i < out->n; i++)
		write_flows_of(out, &out->each[i]);
}

static void
write_all(const struct exposition *out)
{
	write_info(out);
	write_objects(out);
	write_magazines(out);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		write_number(out, &numbers[i]);
	write_bound(out);
	write_flows(out);
	fputs("# EOF\n", out->file);
}

/* The text, for its reader to free; NULL: out of memory. */
static char *
make_text(struct exposition *out, size_t *bytes)
{
	char *text = NULL;

	out->file = open_memstream(&text, bytes);
	if (!out->file)
		return NULL;
	write_all(out);
	bool whole = !ferror(out->file);

	if (fclose(out->file) == 0 && whole)
		return text;
	free(text);
	return NULL;
}

/* An error that the file had before is not ours.  Returns 0 or -errno. */
static int
deliver(const char *text, size_t bytes, FILE *file)
{
	errno = 0;
	if (fwrite(text, 1, bytes, file) == bytes && fflush(file) == 0)
		return 0;
	return errno > 0 ? -errno : -EIO;
}

/* Returns 0 or a negative errno. */
static int
write_pools(struct exposition *out, struct dp_pool *const *pools, FILE *file)
{
	int status = 0;
	size_t bytes;

	for (size_t i = 0; status == 0 && i < out->n; i++)
		status = read_pool(pools[i], &out->each[i]);
	if (status == 0)
		status = check_labels(out);
	if (status != 0)
		return status;
	char *text = make_text(out, &bytes);

	if (!text)
		return -ENOMEM;
	status = deliver(text, bytes, file);
	free(text);
	return status;
}

int
dp_stats_write_openmetrics_all(struct dp_pool *const *pools, size_t n,
			       FILE *file)
{
	UNCANCELLED;
	struct exposition out = { .n = n };

	out.each = calloc(n + 1, sizeof(*out.each));
	int status = out.each ? write_pools(&out, pools, file) : -ENOMEM;

	for (size_t i = 0; out.each && i < n; i++)
		free(out.each[i].flows);
	free(out.each);
	return status;
}

int
dp_stats_write_openmetrics(struct dp_pool *pool, FILE *file)
{
	return dp_stats_write_openmetrics_all(&pool, 1, file);
}
