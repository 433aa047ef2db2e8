/* boundary.c - which lines are boundaries */
#include "mail/boundary.h"

#include "mail/line.h"

#include <string.h>

#define SEARCH (64 * 1024) /* bytes in which a boundary that is not named may stand */
#define GUESSED 200        /* bytes; a line that is longer is none */
#define PREAMBLE 4         /* lines before the first boundary of a message without a type */

static void clear(gpointer data) {
  g_free(((BpMultipart *)data)->boundary);
}

void bp_boundaries_init(BpBoundaries *b) {
  *b = (BpBoundaries){g_array_new(FALSE, FALSE, sizeof(BpMultipart)), 0};
  g_array_set_clear_func(b->open, clear);
}

void bp_boundaries_clear(BpBoundaries *b) {
  g_array_unref(b->open);
}

void bp_boundaries_open(BpBoundaries *b, const BpMultipart *multipart) {
  g_array_append_vals(b->open, multipart, 1);
}

void bp_boundaries_keep(BpBoundaries *b, guint n) {
  g_array_set_size(b->open, n);
}

BpMultipart *bp_boundaries_innermost(const BpBoundaries *b) {
  return b->open->len ? &g_array_index(b->open, BpMultipart, b->open->len - 1) : NULL;
}

static gboolean only_blanks(const char *text, const char *end) {
  while (text < end && (bp_is_blank(*text) || *text == '\r' || *text == '\n'))
    text++;
  return text == end;
}

int bp_boundaries_find(BpBoundaries *b, const char *line, const char *next, gboolean *final) {
  if (b->open->len == 0 || next - line < 2 || line[0] != '-' || line[1] != '-')
    return -1;
  const char *name = line + 2;
  gsize length = next - name;
  for (guint i = b->open->len; i > 0; i--) {
    const BpMultipart *open = &g_array_index(b->open, BpMultipart, i - 1);
    if (open->length > length || memcmp(name, open->boundary, open->length) != 0)
      continue;
    const char *behind = name + open->length;
    *final = next - behind >= 2 && behind[0] == '-' && behind[1] == '-';
    if (only_blanks(*final ? behind + 2 : behind, next))
      return (int)i - 1;
  }
  b->false_alarms++;
  return -1;
}

char *bp_boundary_guess(const char *body, const char *end) {
  end = body + MIN(end - body, SEARCH);
  for (const char *line = body, *next; line < end; line = next) {
    next = bp_line_end(line, end);
    gsize length = next - line;
    while (length > 0 && g_ascii_isspace(line[length - 1]))
      length--;
    if (length > 2 && length < GUESSED && line[0] == '-' && line[1] == '-' && end - next > 8 &&
        g_ascii_strncasecmp(next, "Content-", 8) == 0)
      return g_strndup(line + 2, length - 2);
  }
  return NULL;
}

/* A line for readers without MIME, "This is a MIME-encapsulated message", and blank lines. */
static const char *skip_preamble(const char *body, const char *end) {
  const char *line = body, *next;
  for (guint lines = 0; line < end && lines < PREAMBLE && (line[0] != '-' || end - line < 3 || line[1] != '-');
       lines++) {
    next = bp_line_end(line, end);
    if (!only_blanks(line, next) && g_ascii_strncasecmp(line, "This is a ", MIN(10, end - line)) != 0)
      return end;
    line = next;
  }
  return line;
}

char *bp_boundary_begin(const char *body, const char *end) {
  const char *line = skip_preamble(body, end);
  if (end - line < 3 || line[0] != '-' || line[1] != '-')
    return NULL;
  char *boundary = bp_boundary_guess(line, end);
  gsize length = boundary ? strlen(boundary) : 0;
  if (length && (gsize)(end - line) > length + 2 && memcmp(line + 2, boundary, length) == 0 &&
      g_ascii_isspace(line[2 + length]))
    return boundary;
  g_free(boundary);
  return NULL;
}
