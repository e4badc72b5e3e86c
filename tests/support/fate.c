/* SPDX-License-Identifier: MIT */
/* A child, its stderr on a pipe, and its end. */
#include "fate.h"

#include <regex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

/* qemu-user says so itself when it passes on a signal that ends the child. */
static void
cut_emulator(char *text)
{
	char *end = strstr(text, "qemu: uncaught target signal");

	if (end)
		*end = '\0';
}

struct fate
fate_of(void (*act)(void *arg), void *arg)
{
	struct fate fate = { .status = -1 };
	size_t length = 0;
	ssize_t n;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();

	if (child == 0) {
		const struct rlimit no_core = { 0, 0 };

		/* cmocka's handler would make a failed test of it. */
		harness_count_abort();
		setrlimit(RLIMIT_CORE, &no_core);
		dup2(ends[1], STDERR_FILENO);
		act(arg);
		harness_leave(0);
	}
	assert_true(child > 0);
	close(ends[1]);
	/* Ends: at the end of the child, or when the text is full. */
	while ((n = read(ends[0], fate.text + length,
			 sizeof(fate.text) - 1 - length)) > 0)
		length += (size_t)n;
	close(ends[0]);
	assert_int_equal(waitpid(child, &fate.status, 0), child);
	cut_emulator(fate.text);
	return fate;
}

struct fate
fate_is_abort(void (*act)(void *arg), void *arg)
{
	struct fate fate = fate_of(act, arg);

	if (!WIFSIGNALED(fate.status) || WTERMSIG(fate.status) != SIGABRT)
		fail_msg("expected SIGABRT; wait status %#x, stderr \"%s\"",
			 (unsigned)fate.status, fate.text);
	return fate;
}

void
fate_says(const struct fate *fate, const char *words)
{
	if (!strstr(fate->text, words))
		fail_msg("expected \"%s\" in \"%s\"", words, fate->text);
}

static bool
matches(const char *text, const char *pattern)
{
	regex_t regex;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	bool yes = regexec(&regex, text, 0, NULL, 0) == 0;

	regfree(&regex);
	return yes;
}

void
fate_says_of_pool(const struct fate *fate, const char *pool, const char *format,
		  ...)
{
	char words[2048], line[2200];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	snprintf(line, sizeof(line), "^driftpool: pool '%s': %s\n$", pool,
		 words);
	if (!matches(fate->text, line))
		fail_msg("expected \"%s\", got \"%s\"", line, fate->text);
	/* The control: it is not any text that matches. */
	snprintf(words, sizeof(words), "driftpool: pool '%s': no\n", pool);
	assert_false(matches(words, line));
}
