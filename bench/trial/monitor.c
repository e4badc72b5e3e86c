/* SPDX-License-Identifier: MIT */
/* Writing metrics and pages. */
#include "monitor.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "verdict.h"

/* Between two writings of metrics. */
#define METRICS_NS ((uint64_t)1000 * 1000 * 1000)
/* Workers on a page, which has 24 lines. */
#define PAGE_WORKERS 12u

static volatile sig_atomic_t page_wanted;

static void
want_page(int signal)
{
	(void)signal;
	page_wanted = 1;
}

void
monitor_page_by_signal(void)
{
	struct sigaction action = { .sa_handler = want_page };

	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
}

/* --- Metrics ------------------------------------------------------------- */

/* Writes all of a file.  0 or -errno. */
static int
file_write(struct course *c, const char *path)
{
	FILE *file = fopen(path, "we");
	int error;

	if (file == NULL)
		return -errno;
	error = subject_metrics(&c->subject, file);
	if (fclose(file) != 0 && error == 0)
		error = -errno;
	return error;
}

/* In the place of the file at once, so that nobody reads half of it. */
static int
file_replace(struct course *c, const char *path)
{
	char new[OPTIONS_PATH_BYTES + sizeof(".new")];
	int error;

	snprintf(new, sizeof(new), "%s.new", path);
	error = file_write(c, new);
	if (error == 0 && rename(new, path) != 0)
		error = -errno;
	if (error != 0)
		remove(new);
	return error;
}

static void
metrics_write(struct course *c)
{
	const char *path = c->options->metrics;
	struct stat status;
	/* What is no file is a pipe or a terminal, and stays what it is. */
	bool replaces = lstat(path, &status) != 0 || S_ISREG(status.st_mode);
	int error = replaces ? file_replace(c, path) : file_write(c, path);

	if (error != 0)
		verdict_fail(c->trial, "metrics cannot be written: %s",
			     strerror(-error));
}

/* --- The page ------------------------------------------------------------ */

static void
page_pool(const struct subject_stats *s)
{
	if (s->counted)
		fprintf(stderr,
			"objects    in use %" PRIu64 ", cached %" PRIu64
			", depot %" PRIu64 "; constructed %" PRIu64
			", destructed %" PRIu64 "\n",
			s->in_use, s->cached, s->depot, s->constructed,
			s->destructed);
	if (s->exchanges)
		fprintf(stderr,
			"exchanges  refills %" PRIu64 ", flushes %" PRIu64
			", misses %" PRIu64 ", retries %" PRIu64 "\n",
			s->refills, s->flushes, s->misses, s->retries);
}

static void
page_workers(struct course *c)
{
	unsigned n = c->stations.n;
	unsigned shown = n < PAGE_WORKERS ? n : PAGE_WORKERS;

	fprintf(stderr, "%6s %14s %14s %14s\n", "worker", "borrows", "returns",
		"returns more");
	for (unsigned i = 0; i < shown; i++) {
		uint64_t returns = station_returns(&c->stations.each[i]);
		uint64_t borrows = station_borrows(&c->stations.each[i]);

		fprintf(stderr,
			"%6u %14" PRIu64 " %14" PRIu64 " %+14" PRId64 "\n", i,
			borrows, returns, (int64_t)(returns - borrows));
	}
	if (n > shown)
		fprintf(stderr, "       and %u more\n", n - shown);
}

static void
page_print(struct course *c)
{
	const struct trial *t = c->trial;
	size_t bound = subject_bound(&c->subject, t->in_use_ceiling);
	struct subject_stats stats;
	struct memory memory;

	subject_stats(&c->subject, &stats);
	fprintf(stderr, "\n%s, case %s, %u workers, round %u\n", t->subject,
		t->workload.case_name, t->workload.workers, t->round);
	page_pool(&stats);
	fprintf(stderr, "at most    in use %zu, ", t->in_use_ceiling);
	if (bound != SIZE_MAX)
		fprintf(stderr, "there %zu; ", bound);
	else
		fputs("there: no bound; ", stderr);
	fprintf(stderr, "seen there %" PRIu64 "\n", t->footprint_peak);
	if (memory_read(&memory))
		fprintf(stderr,
			"memory     %" PRIu64 " KiB, before %" PRIu64 " KiB\n",
			memory.rss_anon_kib, t->rss_before_kib);
	page_workers(c);
}

void
monitor_turn(struct course *c, bool now)
{
	uint64_t time_ns = clock_wall_ns();

	if (page_wanted) {
		page_wanted = 0;
		page_print(c);
	}
	if (c->options->metrics == NULL)
		return;
	if (now || time_ns - c->metrics_ns >= METRICS_NS) {
		c->metrics_ns = time_ns;
		metrics_write(c);
	}
}
