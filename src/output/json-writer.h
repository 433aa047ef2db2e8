/* json-writer.h - writes JSON (RFC 8259) at the end of a GString
 *
 * Commas stand where they belong by themselves. A key is NULL for the items of an array, and for what
 * stands outermost at the begin of a line.
 * A value that is absent (NULL, BP_NO_TIME) is left out with its key. All strings may hold any bytes but NUL. */
#pragma once

#include <glib.h>

/* Opens an object or array: bracket is '{' or '['. */
void bp_json_open(GString *out, const char *key, char bracket);

/* Closes it: bracket is '}' or ']'. */
void bp_json_close(GString *out, char bracket);

/* A string. Bytes that are not UTF-8 become U+FFFD; whatever a terminal or a reader of lines could act on (controls,
 * line separators, bidirectional overrides) is escaped. */
void bp_json_string(GString *out, const char *key, const char *value);

void bp_json_number(GString *out, const char *key, gint64 value);

/* Seconds since 1970 as an RFC 3339 date in UTC; BP_NO_TIME and dates outside the years 0 to 9999 are left out. */
void bp_json_time(GString *out, const char *key, gint64 seconds);
