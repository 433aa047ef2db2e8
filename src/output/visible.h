/* visible.h - text from outside, made safe to show on a terminal */
#pragma once

#include <glib.h>

/* Appends length bytes of text (-1: up to its NUL). Control characters (C0, DEL, C1), line separators, bidirectional
 * overrides and bytes that are not UTF-8 are written as escapes (\x1b, \u202e), so that no terminal acts on them. */
void bp_append_visible(GString *out, const char *text, gssize length);

/* The columns that such text takes on a terminal. */
guint bp_columns(const char *visible);
