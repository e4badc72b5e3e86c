/* SPDX-License-Identifier: MIT */
/*
 * Metrics for the text-file collector of Prometheus' node exporter:
 *
 *	metrics DIRECTORY    as in --collector.textfile.directory
 *
 * The collector reads *.prom at any time, so a file appears there by rename(),
 * complete.  It reads the older text format, and refuses a file with the type
 * `info` in a comment.  Without the comments both are the same.
 */
#include <driftpool/openmetrics.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes what is no comment.  Returns 0, or -1: the file is of no use. */
static int
write_samples(struct dp_pool *pool, FILE *file)
{
	char *text = NULL;
	size_t bytes;
	/* In memory first: samples of a pool belong to one instant. */
	FILE *memory = open_memstream(&text, &bytes);
	int status = memory ? dp_stats_write_openmetrics(pool, memory) : -1;

	if (memory && fclose(memory) != 0)
		status = -1;
	for (char *line = status == 0 ? text : ""; *line;) {
		size_t length = strcspn(line, "\n") + 1;

		if (*line != '#')
			fwrite(line, 1, length, file);
		line += length;
	}
	free(text);
	return status == 0 && !ferror(file) ? 0 : -1;
}

/* Replaces DIRECTORY/driftpool.prom.  Returns 0, or -1 and it is as it was. */
static int
publish(struct dp_pool *pool, const char *directory)
{
	char path[4096], temporary[sizeof(path) + 4];
	int n = snprintf(path, sizeof(path), "%s/driftpool.prom", directory);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -1;
	/* In the same directory, for rename() to work. */
	snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	FILE *file = fopen(temporary, "w");
	if (!file)
		return -1;
	int status = write_samples(pool, file);
	/* Only now is it known whether the disk was full. */
	if (fclose(file) != 0 || status != 0 || rename(temporary, path) != 0) {
		remove(temporary);
		return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct dp_config config = DP_CONFIG_INIT;
	config.name = "sessions";
	config.object_size = 256;
	if (argc != 2) {
		fputs("metrics: no directory given; wanted: one\n", stderr);
		return 2;
	}
	struct dp_pool *pool = dp_pool_create(&config);
	void *session = pool ? dp_pool_borrow(pool) : NULL;
	int status = session ? publish(pool, argv[1]) : -1;
	if (status != 0)
		fprintf(stderr, "metrics: nothing written to %s\n", argv[1]);
	if (session)
		dp_pool_return(pool, session);
	return dp_pool_destroy(pool) == 0 && status == 0 ? 0 : 1;
}
