/* SPDX-License-Identifier: MIT */
/* The JSON writer. */
#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>

static void
json_quote(struct json *json, const char *text)
{
	fputc('"', json->out);
	for (const char *c = text; *c != '\0'; c++) {
		unsigned char byte = (unsigned char)*c;

		if (byte == '"' || byte == '\\')
			fprintf(json->out, "\\%c", byte);
		else if (byte < 0x20 || byte >= 0x7f)
			/* A byte that is no ASCII reads as Latin-1. */
			fprintf(json->out, "\\u%04x", byte);
		else
			fputc(byte, json->out);
	}
	fputc('"', json->out);
}

/* The comma and the key, as the place asks for. */
static void
json_member(struct json *json, const char *key)
{
	if (json->filled[json->depth])
		fputs(", ", json->out);
	json->filled[json->depth] = true;
	if (key == NULL)
		return;
	json_quote(json, key);
	fputs(": ", json->out);
}

static void
json_descend(struct json *json, char bracket)
{
	assert(json->depth < JSON_DEPTH_MAX);
	fputc(bracket, json->out);
	json->depth++;
	json->filled[json->depth] = false;
}

static void
json_ascend(struct json *json, char bracket)
{
	assert(json->depth > 0);
	fputc(bracket, json->out);
	json->depth--;
}

void
json_begin(struct json *json, FILE *out)
{
	json->out = out;
	json->depth = 0;
	json->filled[0] = false;
	json_descend(json, '{');
}

void
json_end(struct json *json)
{
	json_ascend(json, '}');
	assert(json->depth == 0);
	fputc('\n', json->out);
}

void
json_open_object(struct json *json, const char *key)
{
	json_member(json, key);
	json_descend(json, '{');
}

void
json_close_object(struct json *json)
{
	json_ascend(json, '}');
}

void
json_open_array(struct json *json, const char *key)
{
	json_member(json, key);
	json_descend(json, '[');
}

void
json_close_array(struct json *json)
{
	json_ascend(json, ']');
}

void
json_null(struct json *json, const char *key)
{
	json_member(json, key);
	fputs("null", json->out);
}

void
json_bool(struct json *json, const char *key, bool value)
{
	json_member(json, key);
	fputs(value ? "true" : "false", json->out);
}

void
json_count(struct json *json, const char *key, uint64_t value)
{
	json_member(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void
json_real(struct json *json, const char *key, double value)
{
	json_member(json, key);
	if (isfinite(value))
		fprintf(json->out, "%.9g", value);
	else
		fputs("null", json->out);
}

void
json_string(struct json *json, const char *key, const char *value)
{
	json_member(json, key);
	if (value != NULL)
		json_quote(json, value);
	else
		fputs("null", json->out);
}
