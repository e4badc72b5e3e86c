/* SPDX-License-Identifier: MIT */
/* Reading and writing traces. */
#include "trace.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* As much of a line as is repeated to people. */
#define SHOWN_BYTES 40
/* A line, with the 0 that ends it. */
#define LINE_BYTES 1024u

/*
 * A trace while it is read.  Invariant: out[o] for o < room is who has object o
 * out, + 1; 0: nobody.
 */
struct reader {
	struct trace *trace;
	const char *file;
	unsigned workers;
	size_t line;
	size_t operations; /* room for so many */
	uint16_t *out;
	size_t room;
	size_t n_out;
	size_t worker_out[TRACE_WORKERS_MAX]; /* by borrower */
	char *error;
};

/* What is wrong with the line at hand, and what is allowed. */
__attribute__((format(printf, 2, 3))) static int
refuse(struct reader *r, const char *format, ...)
{
	va_list arguments;
	int n = snprintf(r->error, TRACE_ERROR_BYTES, "%.256s:%zu: ", r->file,
			 r->line);

	va_start(arguments, format);
	vsnprintf(r->error + n, TRACE_ERROR_BYTES - (size_t)n, format,
		  arguments);
	va_end(arguments);
	return -1;
}

/* The text up to its first blank, fit to be shown. */
static const char *
shown(const char *text, char word[SHOWN_BYTES])
{
	size_t i;

	for (i = 0; i + 1 < SHOWN_BYTES && text[i] != '\0' && text[i] != ' ';
	     i++)
		word[i] = isprint((unsigned char)text[i]) ? text[i] : '?';
	word[i] = '\0';
	return word;
}

/*
 * Reads a number below the limit, and moves the text past it; false: there is
 * none, or one too large.
 */
static bool
number_read(const char **text, uint32_t limit, uint32_t *number)
{
	const char *at = *text;
	uint64_t value = 0;

	for (; *at >= '0' && *at <= '9' && value < limit; at++)
		value = value * 10 + (uint64_t)(*at - '0');
	if (at == *text || value >= limit)
		return false;
	*number = (uint32_t)value;
	*text = at;
	return true;
}

/* Moves the text past the word, if it begins with it. */
static bool
word_read(const char **text, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(*text, word, length) != 0)
		return false;
	*text += length;
	return true;
}

/* Reads a line's three words; 0 or -1. */
static int
line_read(struct reader *r, const char *text, struct trace_operation *o)
{
	char word[SHOWN_BYTES];
	const char *at = text;
	uint32_t worker;

	if (!number_read(&at, r->workers, &worker) ||
	    (*at != '\0' && *at != ' '))
		return refuse(r,
			      "worker \"%s\" is not allowed; allowed: 0 to %u",
			      shown(text, word), r->workers - 1);
	o->worker = (uint16_t)worker;
	at += *at == ' ';
	text = at;
	o->borrows = word_read(&at, "borrow ");
	if (!o->borrows && !word_read(&at, "return "))
		return refuse(r,
			      "\"%s\" is not allowed; allowed: borrow or "
			      "return, and an object",
			      shown(text, word));
	text = at;
	if (!number_read(&at, TRACE_OBJECTS_MAX, &o->object) ||
	    (*at != '\0' && *at != ' '))
		return refuse(r,
			      "object \"%s\" is not allowed; allowed: 0 to %u",
			      shown(text, word), TRACE_OBJECTS_MAX - 1);
	if (*at != '\0')
		return refuse(r,
			      "\"%s\" after the object is not allowed; "
			      "allowed: the end of the line",
			      shown(at + 1, word));
	return 0;
}

static int
refuse_memory(struct reader *r)
{
	return refuse(r, "%s; allowed: a trace that fits into memory",
		      strerror(ENOMEM));
}

/* Makes room for object o among those that may be out. */
static bool
room_make(struct reader *r, uint32_t object)
{
	size_t room = r->room > 0 ? r->room : 1024;
	uint16_t *out;

	if (object < r->room)
		return true;
	while (room <= object)
		room *= 2;
	out = realloc(r->out, room * sizeof(*out));
	if (out == NULL)
		return false;
	memset(out + r->room, 0, (room - r->room) * sizeof(*out));
	r->out = out;
	r->room = room;
	return true;
}

/* Does the operation follow from those before?  0 or -1. */
static int
operation_follow(struct reader *r, const struct trace_operation *o)
{
	struct trace *t = r->trace;
	uint16_t *out;

	if (!room_make(r, o->object))
		return refuse_memory(r);
	out = &r->out[o->object];
	if (o->borrows && *out != 0)
		return refuse(
			r,
			"borrow of object %u is not allowed, which worker "
			"%u has out; allowed: one that is not out",
			o->object, *out - 1u);
	if (!o->borrows && *out == 0)
		return refuse(r,
			      "return of object %u is not allowed, which is "
			      "not out; allowed: one that is",
			      o->object);
	if (o->borrows) {
		t->borrows++;
		*out = (uint16_t)(o->worker + 1);
		if (++r->n_out > t->out_max)
			t->out_max = r->n_out;
		if (++r->worker_out[o->worker] > t->worker_out_max)
			t->worker_out_max = r->worker_out[o->worker];
	} else {
		t->returns++;
		t->migrated += *out != o->worker + 1u;
		r->worker_out[*out - 1u]--;
		*out = 0;
		r->n_out--;
	}
	return 0;
}

static int
operation_add(struct reader *r, const struct trace_operation *o)
{
	struct trace *t = r->trace;

	if (t->n == r->operations) {
		size_t room = r->operations > 0 ? 2 * r->operations : 4096;
		struct trace_operation *more;

		if (room > TRACE_OPERATIONS_MAX)
			return refuse(r,
				      "the trace is too long; allowed: %zu "
				      "operations",
				      TRACE_OPERATIONS_MAX);
		more = realloc(t->operations, room * sizeof(*more));
		if (more == NULL)
			return refuse_memory(r);
		t->operations = more;
		r->operations = room;
	}
	t->operations[t->n++] = *o;
	if (o->worker >= t->workers)
		t->workers = o->worker + 1u;
	if (o->object >= t->objects)
		t->objects = o->object + 1;
	return 0;
}

/*
 * Reads a line without its end.  Returns 1, 0 if there is none left, or -1.
 */
static int
line_get(struct reader *r, FILE *in, char line[LINE_BYTES])
{
	size_t n = 0;
	int c;

	r->line++;
	while ((c = getc(in)) != EOF && c != '\n') {
		if (c == '\0')
			return refuse(r, "a byte of 0 is not allowed; allowed: "
					 "text");
		if (n + 1 == LINE_BYTES)
			return refuse(r,
				      "the line is too long; allowed: %u bytes",
				      LINE_BYTES - 1);
		line[n++] = (char)c;
	}
	line[n] = '\0';
	return c != EOF || n > 0;
}

/* Reads all lines; 0 or -1. */
static int
lines_read(struct reader *r, FILE *in)
{
	struct trace_operation o;
	char line[LINE_BYTES];
	int more;

	while ((more = line_get(r, in, line)) > 0) {
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (line_read(r, line, &o) != 0 ||
		    operation_follow(r, &o) != 0 || operation_add(r, &o) != 0)
			return -1;
	}
	if (more == 0 && !ferror(in) && r->trace->n == 0)
		return refuse(r, "the trace has no operation; allowed: one or "
				 "more");
	return more;
}

static int
refuse_file(const char *file, char error[TRACE_ERROR_BYTES])
{
	snprintf(error, TRACE_ERROR_BYTES,
		 "--trace %.256s cannot be read: %s; allowed: a file that can",
		 file, strerror(errno));
	return -1;
}

int
trace_read(struct trace *trace, const char *file, unsigned workers,
	   char error[TRACE_ERROR_BYTES])
{
	struct reader r = {
		.trace = trace, .file = file, .workers = workers, .error = error
	};
	FILE *in = fopen(file, "r");
	int result;

	memset(trace, 0, sizeof(*trace));
	if (in == NULL)
		return refuse_file(file, error);
	result = lines_read(&r, in);
	if (ferror(in))
		result = refuse_file(file, error);
	fclose(in);
	free(r.out);
	if (result != 0)
		trace_close(trace);
	return result;
}

void
trace_close(struct trace *trace)
{
	free(trace->operations);
	memset(trace, 0, sizeof(*trace));
}

void
trace_write_head(FILE *out, const char *program, const char *case_name)
{
	fprintf(out, "# %s, %s; a line: worker borrow|return object\n", program,
		case_name);
}

void
trace_write(FILE *out, unsigned worker, bool borrows, uint32_t object)
{
	fprintf(out, "%u %s %u\n", worker, borrows ? "borrow" : "return",
		object);
}
