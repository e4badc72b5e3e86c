/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target over the files of a corpus: every build repeats what the
 * fuzzer has found once.  Exit status: 0; 1 a file cannot be read; 2 bad usage.
 */
#include <errno.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#define INPUT_BYTES_MAX 65536

static int
replay_file(const char *path)
{
	static uint8_t data[INPUT_BYTES_MAX];
	FILE *file = fopen(path, "rb");

	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	size_t size = fread(data, 1, sizeof(data), file);
	int failed = ferror(file);

	fclose(file);
	if (failed) {
		fprintf(stderr, "%s cannot be read\n", path);
		return 1;
	}
	/* A copy of its own size, so that a read beyond it is seen. */
	uint8_t *copy = malloc(size + 1);

	if (!copy) {
		fprintf(stderr, "%s: out of memory\n", path);
		return 1;
	}
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct dirent *entry;
	char path[4096];
	int status = 0, n = 0;

	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;

	if (!folder) {
		fprintf(stderr, "usage: %s CORPUS, a folder\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		status |= replay_file(path);
		n++;
	}
	closedir(folder);
	printf("%d inputs\n", n);
	return n > 0 ? status : 1;
}
