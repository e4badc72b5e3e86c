/* SPDX-License-Identifier: MIT */
/*
 * The search over the executions of each scene: exhaustive under its bounds,
 * then samples far beyond them; or one execution again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "machine.h"
#include "sharing.h"
#include "trace.h"

#define EXECUTIONS_MAX 2000000ull
#define SAMPLES 1000u
#define DEPTH 3u

/* What the command line asks for. */
struct options {
	const char *scene;
	const char *replay;
	bool caught;
	bool list;
	bool bounds_given;
	struct bounds bounds;
	unsigned long long executions;
	unsigned long long samples;
	unsigned long long seed;
};
static const struct options defaults = {
	.executions = EXECUTIONS_MAX,
	.samples = SAMPLES,
	.seed = 1,
};
static struct options options;

static const char help[] =
	"Runs each scene: all executions under its bounds, then samples.\n"
	"  --scene NAME       only this one\n"
	"  --bounds P,S,F     preemptions, stale loads, spurious failures\n"
	"  --executions N     give up the exhaustive search after so many\n"
	"  --samples N        random executions of each kind (1000)\n"
	"  --seed N           of the samples (1)\n"
	"  --replay CHOICES   one execution of --scene, as printed\n"
	"  --caught           a failure is what is expected\n"
	"  --list             the scenes\n";

/* Invariant: one scene's, of all its searches. */
static struct {
	unsigned long long executions;
	unsigned long long steps;
	unsigned longest;
} tally;

static bool
run(const struct scene *scene)
{
	choice_begin(tally.longest);
	bool good = machine_run(scene);

	tally.executions++;
	tally.steps += machine.steps;
	if (tally.longest < machine.steps)
		tally.longest = machine.steps;
	return good;
}

/* --- Failures ------------------------------------------------------------ */

static void
report(const struct scene *scene)
{
	printf("%s: FAILED after %llu executions: %s\n", scene->name,
	       tally.executions, machine.message);
	if (!options.caught || options.replay)
		trace_print(stdout);
	printf("  --scene %s --replay ", scene->name);
	choice_print(stdout);
	printf("\n");
}

/* Does the same happen again?  Else the report would be of no use. */
static bool
happens_again(const struct scene *scene)
{
	struct choice_rule again = { .search = REPLAY };
	char message[sizeof(machine.message)];

	strcpy(message, machine.message);
	choice_search(&again);
	choice_begin(0);
	if (!machine_run(scene) && strcmp(message, machine.message) == 0)
		return true;
	printf("%s: the replay did not fail alike: %s\n", scene->name,
	       machine.failed ? machine.message : "all well");
	return false;
}

/* --- Searches ------------------------------------------------------------ */

enum outcome { GOOD, BAD, UNFINISHED };

static enum outcome
exhaust(const struct scene *scene)
{
	struct choice_rule rule = {
		.search = EXHAUSTIVE,
		.bounds = options.bounds_given ? options.bounds : scene->bounds,
		.seed = options.seed,
	};
	unsigned long long last_restart = 0;
	bool more = true;

	choice_search(&rule);
	while (more) {
		if (tally.executions == options.executions) {
			printf("%s: NOT exhausted in %llu executions\n",
			       scene->name, tally.executions);
			return UNFINISHED;
		}
		if (!run(scene))
			return BAD;
		if (sharing_grew()) {
			last_restart = tally.executions;
			choice_restart();
		} else {
			more = choice_advance();
		}
	}
	printf("%s: EXHAUSTED within %u,%u,%u: %llu executions of %.0f steps\n",
	       scene->name, rule.bounds.preemptions, rule.bounds.stale,
	       rule.bounds.spurious, tally.executions - last_restart,
	       (double)tally.steps / (double)tally.executions);
	return GOOD;
}

static enum outcome
sample(const struct scene *scene, enum search search)
{
	struct choice_rule rule = { .search = search,
				    .depth = DEPTH,
				    .seed = options.seed };

	choice_search(&rule);
	for (unsigned long long i = 0; i < options.samples; i++)
		if (!run(scene))
			return BAD;
	return GOOD;
}

static enum outcome
explore(const struct scene *scene)
{
	memset(&tally, 0, sizeof(tally));
	sharing_reset();
	enum outcome exhausted = exhaust(scene);
	enum outcome outcome = exhausted;

	if (outcome != BAD)
		outcome = sample(scene, PCT);
	if (outcome != BAD)
		outcome = sample(scene, RANDOM);
	if (outcome == BAD) {
		report(scene);
		return happens_again(scene) ? BAD : UNFINISHED;
	}
	if (options.samples > 0)
		printf("%s: %llu samples by priorities, as many at random, "
		       "seed %llu\n",
		       scene->name, options.samples, options.seed);
	return exhausted;
}

/* Returns the exit status. */
static int
replay(const struct scene *scene)
{
	struct choice_rule rule = { .search = REPLAY };

	choice_search(&rule);
	if (run(scene)) {
		printf("%s: all well\n", scene->name);
		return 0;
	}
	report(scene);
	return 1;
}

/* --- The command line ---------------------------------------------------- */

static _Noreturn void
refuse(const char *what, const char *allowed)
{
	fprintf(stderr, "interleave: %s; allowed: %s\n", what, allowed);
	exit(2);
}

static unsigned long long
number(const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end)
		refuse(text, "a number");
	return value;
}

static void
read_bounds(const char *text)
{
	struct bounds *b = &options.bounds;
	int end = 0;

	if (sscanf(text, "%u,%u,%u%n", &b->preemptions, &b->stale, &b->spurious,
		   &end) != 3 ||
	    text[end])
		refuse(text, "--bounds PREEMPTIONS,STALE,SPURIOUS");
	options.bounds_given = true;
}

/* An option without a value; false: it is another one. */
static bool
read_switch(const char *name)
{
	if (strcmp(name, "--help") == 0) {
		fputs(help, stdout);
		exit(0);
	}
	if (strcmp(name, "--caught") == 0)
		options.caught = true;
	else if (strcmp(name, "--list") == 0)
		options.list = true;
	else
		return false;
	return true;
}

static void
read_option(const char *name, const char *value)
{
	if (!value)
		refuse(name, "see --help; the option may want a value");
	if (strcmp(name, "--scene") == 0)
		options.scene = value;
	else if (strcmp(name, "--replay") == 0)
		options.replay = value;
	else if (strcmp(name, "--bounds") == 0)
		read_bounds(value);
	else if (strcmp(name, "--executions") == 0)
		options.executions = number(value);
	else if (strcmp(name, "--samples") == 0)
		options.samples = number(value);
	else if (strcmp(name, "--seed") == 0)
		options.seed = number(value);
	else
		refuse(name, "see --help");
}

static void
read_options(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!read_switch(argv[i])) {
			read_option(argv[i], argv[i + 1]);
			i++;
		}
	if (options.replay && !options.scene)
		refuse("--replay without --scene", "both");
	if (options.replay && !choice_parse(options.replay))
		refuse(options.replay, "--replay as a failure printed it");
}

/* Of the scenes that were asked for. */
static int
status_of(unsigned n_run, unsigned n_bad, unsigned n_unfinished)
{
	if (n_run == 0)
		refuse(options.scene, "--scene with a name of --list");
	if (options.caught)
		return n_bad > 0 ? 0 : 1;
	return n_bad + n_unfinished > 0 ? 1 : 0;
}

int
interleave_main(int argc, char **argv, const struct scene *scenes, size_t n)
{
	unsigned n_run = 0, n_bad = 0, n_unfinished = 0;

	/* So that what was found is seen, if this is stopped. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	options = defaults;
	read_options(argc, argv);
	for (size_t i = 0; i < n; i++) {
		if (options.list)
			printf("%s\n", scenes[i].name);
		if (options.scene && strcmp(options.scene, scenes[i].name) != 0)
			continue;
		n_run++;
		if (options.list || (options.caught && n_bad > 0))
			continue;
		if (options.replay)
			return replay(&scenes[i]);
		enum outcome outcome = explore(&scenes[i]);

		n_bad += outcome == BAD;
		n_unfinished += outcome == UNFINISHED;
	}
	if (options.list && n_run > 0)
		return 0;
	return status_of(n_run, n_bad, n_unfinished);
}
