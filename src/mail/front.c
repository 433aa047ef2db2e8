/* front.c - the beginning of a message as it is found in files */
#include "mail/front.h"

#include "mail/header.h"
#include "mail/line.h"

#define SEARCH (64 * 1024) /* bytes in which something like a header must stand */

/* TRUE where a line begins like a field, and has no control characters that only binary data have. */
static gboolean is_header_line(const char *line, const char *end) {
  gsize value, name = bp_field_name(line, end - line, &value);
  if (!name || !g_ascii_isalpha(*line))
    return FALSE;
  for (const char *c = line + value; c < end && *c != '\n' && *c != '\r'; c++)
    if ((guchar)*c < ' ' && *c != '\t' && *c != '\x1b')
      return FALSE;
  return TRUE;
}

static gboolean has_header_line(const char *bytes, gsize length) {
  for (const char *at = bytes, *end = bytes + MIN(length, SEARCH); at < end;) {
    if (is_header_line(at, end))
      return TRUE;
    while (at < end && *at != '\n' && *at != '\r')
      at++;
    while (at < end && (*at == '\n' || *at == '\r'))
      at++;
  }
  return FALSE;
}

static const char *skip_empty_lines(const char *at, const char *end) {
  while (at < end && (*at == '\n' || *at == '\r'))
    at++;
  return at;
}

gboolean bp_front_find(BpFront *front, const char *bytes, gsize length) {
  const char *at = bytes, *end = bytes + length;
  *front = (BpFront){0};
  if (length >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
    at += 3;
  at = skip_empty_lines(at, end);
  if (bp_is_from_line(at, end)) {
    front->from_line = at + (*at == '>' ? 6 : 5);
    for (at = front->from_line; at < end && *at != '\n' && *at != '\r';)
      at++;
    front->from_length = at - front->from_line;
    at = skip_empty_lines(at, end);
  }
  front->start = at;
  front->length = end - at;
  return has_header_line(front->start, front->length);
}

static gboolean has_odd_line_ends(const char *at, const char *end) {
  while (at < end && *at != '\n' && *at != '\r')
    at++;
  return at < end && *at == '\r' && !(at + 1 < end && at[1] == '\n');
}

char *bp_front_with_lf(const char *at, gsize length, gsize *new_length) {
  const char *end = at + length;
  if (!has_odd_line_ends(at, end))
    return NULL;
  const char *first = memchr(at, '\r', length);
  gboolean doubled = end - first > 2 && first[1] == '\r' && first[2] == '\n';
  char *copy = g_malloc(length + 1), *to = copy;
  while (at < end) {
    const char *stop = memchr(at, '\r', end - at);
    stop = stop ? stop : end;
    memcpy(to, at, stop - at);
    to += stop - at;
    if (stop == end)
      break;
    for (at = stop + 1; doubled && at < end && *at == '\r';)
      at++;
    if (at < end && *at == '\n')
      at++;
    *to++ = '\n';
  }
  *new_length = to - copy;
  return copy;
}
