/* SPDX-License-Identifier: MIT */
/* The table of flags: what each takes, where it goes, how it is described. */
#include "flags.h"

#include <string.h>

#include "base/placement.h"
#include "base/quantity.h"
#include "base/ring.h"

#define NS_PER_MS ((uint64_t)1000 * 1000)
#define NS_PER_SECOND (1000 * NS_PER_MS)
#define NS_PER_HOUR (3600 * NS_PER_SECOND)

static bool
set_count(const char *text, uint64_t min, uint64_t max, unsigned *field)
{
	uint64_t value;

	if (!quantity_count(text, min, max, &value))
		return false;
	*field = (unsigned)value;
	return true;
}

static bool
set_case(struct parse *parse, const char *text)
{
	parse->workload_case = workload_case_find(text);
	return parse->workload_case != NULL;
}

static bool
set_workers(struct parse *parse, const char *text)
{
	parse->workers = true;
	return set_count(text, 1, WORKLOAD_WORKERS_MAX,
			 &parse->options->workload.workers);
}

static bool
set_migrate(struct parse *parse, const char *text)
{
	return quantity_share(text, 0, 1, &parse->options->workload.migrate);
}

static bool
set_destination(struct parse *parse, const char *text)
{
	struct workload *w = &parse->options->workload;

	if (strncmp(text, "zipf:", 5) == 0) {
		w->destination = DESTINATION_ZIPF;
		return quantity_share(text + 5, 0, 10, &w->theta);
	}
	if (strncmp(text, "tide:", 5) == 0) {
		w->destination = DESTINATION_TIDE;
		return set_count(text + 5, 1, WORKLOAD_TIDE_OPS_MAX,
				 &w->tide_ops);
	}
	for (int d = DESTINATION_LOCAL; d <= DESTINATION_ONEWAY; d++) {
		if (d == DESTINATION_ZIPF ||
		    strcmp(text, workload_destination_name(d)) != 0)
			continue;
		w->destination = d;
		return true;
	}
	return false;
}

static bool
set_burst(struct parse *parse, const char *text)
{
	return set_count(text, 1, WORKLOAD_BURST_MAX,
			 &parse->options->workload.burst);
}

static bool
set_hold(struct parse *parse, const char *text)
{
	return set_count(text, 1, WORKLOAD_HOLD_MAX,
			 &parse->options->workload.hold);
}

static bool
set_spike(struct parse *parse, const char *text)
{
	return set_count(text, 2, WORKLOAD_SPIKE_MAX,
			 &parse->options->workload.spike);
}

static bool
set_kept(struct parse *parse, const char *text)
{
	return quantity_share(text, 0, WORKLOAD_KEPT_MAX,
			      &parse->options->workload.kept);
}

static bool
set_give_back(struct parse *parse, const char *text)
{
	return quantity_share(text, 0, 1, &parse->options->give_back);
}

static bool
set_trim(struct parse *parse, const char *text)
{
	return quantity_count(text, 0, UINT32_MAX,
			      &parse->options->workload.trim);
}

static bool
set_ring(struct parse *parse, const char *text)
{
	return set_count(text, 1, RING_SLOTS, &parse->options->workload.ring);
}

static bool
set_lifetime(struct parse *parse, const char *text)
{
	return set_count(text, 0, UINT32_MAX,
			 &parse->options->workload.lifetime_ops);
}

static bool
set_think(struct parse *parse, const char *text)
{
	return quantity_duration(text, 0, NS_PER_SECOND,
				 &parse->options->workload.think_ns);
}

static bool
set_object_size(struct parse *parse, const char *text)
{
	uint64_t bytes;

	if (!quantity_size(text, 8, 16 << 20, &bytes))
		return false;
	parse->options->workload.object_bytes = bytes;
	return true;
}

static bool
set_magazine(struct parse *parse, const char *text)
{
	return set_count(text, 2, 1024, &parse->options->workload.magazine);
}

static bool
set_touch(struct parse *parse, const char *text)
{
	parse->options->workload.touch = strcmp(text, "yes") == 0;
	return strcmp(text, "yes") == 0 || strcmp(text, "no") == 0;
}

static bool
set_time(struct parse *parse, const char *text)
{
	parse->time = true;
	return quantity_duration(text, NS_PER_MS, NS_PER_HOUR,
				 &parse->options->time_ns);
}

static bool
set_ops(struct parse *parse, const char *text)
{
	parse->ops = true;
	return quantity_count(text, 1, (uint64_t)1 << 48, &parse->options->ops);
}

static bool
set_warmup(struct parse *parse, const char *text)
{
	parse->warmup = true;
	return quantity_duration(text, 0, NS_PER_HOUR,
				 &parse->options->warmup_ns);
}

static bool
set_rounds(struct parse *parse, const char *text)
{
	return set_count(text, 1, 1000, &parse->options->rounds);
}

static bool
set_seed(struct parse *parse, const char *text)
{
	return quantity_count(text, 0, (uint64_t)1 << 48,
			      &parse->options->workload.seed);
}

static bool
set_pin(struct parse *parse, const char *text)
{
	struct options *o = parse->options;

	if (placement_parse(text, &o->cpus)) {
		o->pin = OPTIONS_PIN_LIST;
		return true;
	}
	o->pin =
		strcmp(text, "none") == 0 ? OPTIONS_PIN_NONE : OPTIONS_PIN_AUTO;
	if (o->pin == OPTIONS_PIN_AUTO && strcmp(text, "auto") != 0)
		return false;
	/* A list that came before leaves nothing. */
	return placement_allowed(&o->cpus);
}

static bool
set_format(struct parse *parse, const char *text)
{
	parse->options->jsonl = strcmp(text, "jsonl") == 0;
	return strcmp(text, "jsonl") == 0 || strcmp(text, "table") == 0;
}

static bool
set_out(struct parse *parse, const char *text)
{
	parse->options->out = text;
	return text[0] != '\0';
}

static bool
set_metrics(struct parse *parse, const char *text)
{
	parse->options->metrics = text;
	return text[0] != '\0' && strlen(text) < OPTIONS_PATH_BYTES;
}

static bool
set_latency(struct parse *parse, const char *text)
{
	(void)text;
	parse->options->latency = true;
	return true;
}

static bool
set_endless(struct parse *parse, const char *text)
{
	(void)text;
	parse->options->endless = true;
	return true;
}

static bool
set_sim(struct parse *parse, const char *text)
{
	(void)text;
	parse->options->sim = true;
	return true;
}

static bool
set_trace(struct parse *parse, const char *text)
{
	parse->options->trace = text;
	return text[0] != '\0';
}

static bool
set_record(struct parse *parse, const char *text)
{
	parse->options->record = text;
	return text[0] != '\0';
}

static bool
set_live(struct parse *parse, const char *text)
{
	return set_count(text, 1, WORKLOAD_LIVE_MAX,
			 &parse->options->workload.live);
}

static bool
set_sleep(struct parse *parse, const char *text)
{
	(void)text;
	parse->options->workload.sleeps = true;
	return true;
}

static bool
set_smoke(struct parse *parse, const char *text)
{
	(void)text;
	parse->smoke = true;
	return true;
}

static bool
set_list(struct parse *parse, const char *text)
{
	(void)text;
	parse->options->action = OPTIONS_LIST;
	return true;
}

static bool
set_dry_run(struct parse *parse, const char *text)
{
	(void)text;
	parse->options->action = OPTIONS_DRY_RUN;
	return true;
}

static bool
set_help(struct parse *parse, const char *text)
{
	(void)text;
	parse->options->action = OPTIONS_HELP;
	return true;
}

#define DURATION_ALLOWED "; units: ns, us, ms, s"

const struct flag flags[] = {
	{ "--case", "NAME",
	  "hot, keep, steal, hotspot, pipe, burst, tide, churn, spike, fibers",
	  set_case, "what the workers do (default hot)" },
	{ "--workers", "N", "1 to 256, with --sim 1 to 4096", set_workers,
	  "worker threads (default: the allowed CPUs, or what the case "
	  "needs)" },
	{ "--migrate", "P", "0 to 1", set_migrate,
	  "share of objects that go back on another worker" },
	{ "--dest", "WHERE",
	  "local, ring, uniform, oneway, zipf:THETA with THETA 0 to 10, "
	  "tide:OPS with OPS 1 to 1000000000",
	  set_destination, "which worker they go back on" },
	{ "--burst", "N", "1 to 256", set_burst, "objects delivered at once" },
	{ "--hold", "N", "1 to 1048576", set_hold,
	  "objects a worker has out before the oldest goes back (with a spike: "
	  "default such that it adds 64 MiB)" },
	{ "--spike", "N", "2 to 100", set_spike,
	  "measure with so many times as many out, and what of the memory "
	  "comes back" },
	{ "--kept", "SHARE", "0 to 0.5", set_kept,
	  "of a spike: a random choice that stays out (default 0)" },
	{ "--give-back", "SHARE", "0 to 1", set_give_back,
	  "of what a spike added: fail if less comes back by a trim (default "
	  "0.9 where the pool has an arena and nothing is kept, else 0)" },
	{ "--ring", "N", "1 to 256", set_ring,
	  "objects on their way from one worker to another (default: 4096 "
	  "by the workers, at most 256)" },
	{ "--lifetime", "N", "0 to 4294967295", set_lifetime,
	  "operations after which a thread ends (0: it stays)" },
	{ "--think", "TIME", "0 to 1s" DURATION_ALLOWED, set_think,
	  "spin between borrow and return (default 0)" },
	{ "--object-size", "SIZE", "8B to 16MiB; units: B, KiB, MiB",
	  set_object_size, "bytes of an object (default 64B)" },
	{ "--magazine", "N", "2 to 1024", set_magazine,
	  "objects in a magazine (default 64)" },
	{ "--trim", "N", "0 to 4294967295", set_trim,
	  "exchanges after which a pool trims itself (default 0: never)" },
	{ "--touch", "WHETHER", "yes, no", set_touch,
	  "borrower and returner access the object (default yes, with --sim "
	  "no)" },
	{ "--time", "TIME", "1ms to 3600s" DURATION_ALLOWED, set_time,
	  "measure for so long (default 200ms)" },
	{ "--ops", "N", "1 to 281474976710656", set_ops,
	  "measure so many operations instead (the default where it leaks)" },
	{ "--warmup", "TIME", "0 to 3600s" DURATION_ALLOWED, set_warmup,
	  "run unmeasured before (default 100ms)" },
	{ "--rounds", "N", "1 to 1000", set_rounds, "trials (default 1)" },
	{ "--seed", "N", "0 to 281474976710656", set_seed,
	  "of all random decisions; each further round adds 1 (default 1)" },
	{ "--pin", "HOW", "none, auto, or a list of allowed CPUs such as 0,2-3",
	  set_pin, "bind workers to CPUs in turn (default auto)" },
	{ "--format", "FORM", "table, jsonl", set_format,
	  "of the report (default table)" },
	{ "--out", "FILE", "a file's name", set_out,
	  "append the report there" },
	{ "--metrics", "FILE", "a file's name", set_metrics,
	  "write OpenMetrics of the pool there, once a second" },
	{ "--latency", NULL, NULL, set_latency,
	  "time 1 of 64 operations, and each that leaves the worker's cache" },
	{ "--endless", NULL, NULL, set_endless,
	  "measure until interrupted, for profilers" },
	{ "--sim", NULL, NULL, set_sim,
	  "virtual workers in one thread; what happens follows from the "
	  "seed" },
	{ "--trace", "FILE", "a file's name", set_trace,
	  "with --sim: do what is written there, a line an operation, worker "
	  "borrow|return object" },
	{ "--record", "FILE", "a file's name", set_record,
	  "with --sim: write there what was done, for --trace" },
	{ "--fibers", "N", "1 to 281474976710656", set_ops,
	  "with --case fibers: so many, as --ops (default 100000)" },
	{ "--live", "N", "1 to 16384", set_live,
	  "with --case fibers: so many at once (default 1000)" },
	{ "--sleep", NULL, NULL, set_sleep,
	  "with --case fibers: each waits 1 ms, and does not just yield" },
	{ "--smoke", NULL, NULL, set_smoke, "the shortest trial of use" },
	{ "--list", NULL, NULL, set_list, "print the cases" },
	{ "--dry-run", NULL, NULL, set_dry_run,
	  "print the parameters and do nothing" },
	{ "--help", NULL, NULL, set_help, "print this" },
	{ NULL, NULL, NULL, NULL, NULL },
};
