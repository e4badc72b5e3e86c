/* SPDX-License-Identifier: MIT */
/*
 * A writer of JSON on one line.  It places commas, escapes strings and writes
 * null for numbers that JSON does not have.  Inside an array the key is NULL.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 8

/* Invariant: depth <= JSON_DEPTH_MAX; filled[d]: level d has a member. */
struct json {
	FILE *out;
	unsigned depth;
	bool filled[JSON_DEPTH_MAX + 1];
};

/* Starts with the outermost object; json_end() ends it, and the line. */
void json_begin(struct json *json, FILE *out);
void json_end(struct json *json);

void json_open_object(struct json *json, const char *key);
void json_close_object(struct json *json);
void json_open_array(struct json *json, const char *key);
void json_close_array(struct json *json);

void json_null(struct json *json, const char *key);
void json_bool(struct json *json, const char *key, bool value);
void json_count(struct json *json, const char *key, uint64_t value);
void json_real(struct json *json, const char *key, double value);
/* NULL: null. */
void json_string(struct json *json, const char *key, const char *value);

#endif
