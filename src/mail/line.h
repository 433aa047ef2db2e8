/* line.h - lines of a message, which end with LF or CR LF */
#pragma once

#include <glib.h>
#include <string.h>

/* Behind the LF of the line at text. */
static inline const char *bp_line_end(const char *text, const char *end) {
  const char *newline = memchr(text, '\n', (gsize)(end - text));
  return newline ? newline + 1 : end;
}

static inline gboolean bp_is_empty_line(const char *line, const char *end) {
  return *line == '\n' || (*line == '\r' && line + 1 < end && line[1] == '\n');
}

static inline gboolean bp_is_blank(char c) {
  return c == ' ' || c == '\t';
}

/* "From ", which an mbox has in front of each message. */
static inline gboolean bp_is_from_line(const char *line, const char *end) {
  if (line < end && *line == '>')
    line++;
  return end - line >= 5 && memcmp(line, "From ", 5) == 0;
}
