/* lines.c - what stands on the lines of a notification's text */
#include "report/lines.h"

#include "report/address.h"

#include <string.h>

#define LINES_MAX 2000
#define RULE 5 /* dashes that part a text */

void bp_lines_split(const BpReading *r, GArray *lines) {
  for (gsize at = 0; at < r->length && lines->len < LINES_MAX;) {
    const char *end = memchr(r->text + at, '\n', r->length - at);
    gsize length = end ? (gsize)(end - r->text) - at : r->length - at;
    BpLine line = {.at = at, .length = length};
    g_array_append_val(lines, line);
    at += length + 1;
  }
}

static BpLine *line_at(GArray *lines, gsize at) {
  guint low = 0, high = lines->len;
  while (high - low > 1) {
    guint middle = (low + high) / 2;
    if (g_array_index(lines, BpLine, middle).at <= at)
      low = middle;
    else
      high = middle;
  }
  return lines->len ? &g_array_index(lines, BpLine, low) : NULL;
}

static guint mark(BpReading *r, GArray *lines, const char *text, BpMatchDomain domain, gsize offset) {
  BpCandidates candidates = bp_matcher_candidates(r->matcher, domain, text, r->length);
  guint n_found = 0;
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;) {
    gsize pos = 0, start, end, behind;
    for (guint runs = 0;
         runs < 64 && pos < r->length && bp_candidates_run_in(r->matcher, &candidates, n, pos, r->length); runs++) {
      bp_matcher_span(r->matcher, &start, &end);
      pos = end > pos ? end : pos + bp_char_length(text + pos);
      if (text != r->text && end > start)
        G_STRUCT_MEMBER(gboolean, line_at(lines, end - 1), offset) = TRUE;
      gboolean own = bp_matcher_group(r->matcher, "own", &start, &behind),
               target = bp_matcher_group(r->matcher, "target", &start, &behind);
      gboolean whom =
          bp_matcher_group(r->matcher, "recipient", &start, &behind); /* the line of the address, where it is another */
      BpLine *line = line_at(lines, start);
      if (line) {
        G_STRUCT_MEMBER(gboolean, line, offset) = TRUE;
        line->named = line->named || (own && domain == BP_MATCH_RECIPIENT);
        line->whom = line->whom || (whom && domain == BP_MATCH_RECIPIENT);
        line->target = line->target || (target && domain == BP_MATCH_RECIPIENT);
      }
      n_found++;
    }
  }
  return n_found;
}

guint bp_lines_mark(BpReading *r, GArray *lines, BpMatchDomain domain, gsize offset) {
  return mark(r, lines, r->text, domain, offset);
}

guint bp_lines_mark_sentences(BpReading *r, GArray *lines, const char *text, BpMatchDomain domain, gsize offset) {
  return lines->len ? mark(r, lines, text, domain, offset) : 0;
}

char *bp_lines_unwrap(const BpReading *r, GArray *lines) {
  char *text = g_strndup(r->text, r->length);
  for (guint i = 0; i + 1 < lines->len; i++) {
    const BpLine *line = &g_array_index(lines, BpLine, i);
    gsize end = line->at + line->length;
    guchar next = (guchar)text[end + 1];
    if (line->length >= BP_WRAPPED && line[1].length && !strchr(".:;!?", text[end - 1]) &&
        (g_ascii_isalnum(next) || next >= 0x80))
      text[end] = ' ';
  }
  return text;
}

/* A folded line: "… said: 550", and the words of the reply on the next, behind blanks. */
static gboolean goes_on(const BpReading *r, GArray *lines, guint n) {
  const BpLine *next = n + 1 < lines->len ? &g_array_index(lines, BpLine, n + 1) : NULL;
  return next && next->length > 0 && strchr(" \t", r->text[next->at]);
}

/* "Status: 5.1.1", the field of RFC 3464 where it stands in the text, is no reply. */
static gboolean is_status_field(const char *text) {
  BpStatus status;
  if (g_ascii_strncasecmp(text, "Status:", 7) != 0)
    return FALSE;
  text += 7 + strspn(text + 7, " \t");
  text += bp_status_read(text, &status);
  return text[strspn(text, " \t\r")] == '\0';
}

void bp_lines_mark_codes(BpReading *r, GArray *lines) {
  for (guint i = 0; i < lines->len; i++) {
    BpLine *line = &g_array_index(lines, BpLine, i);
    if (line->length < 3 || line->length > BP_REPLY_MAX)
      continue;
    g_autofree char *text = g_strndup(r->text + line->at, line->length);
    BpStatus status;
    gsize at;
    guint code = bp_code_find(text, &at);
    gboolean stated = bp_status_find(text, &status), good = stated && status.class == 2 && !code;
    line->smtp = code && (strlen(text) > at + 3 || goes_on(r, lines, i));
    line->code = line->smtp || (stated && !good && !(r->complement && is_status_field(text)));
    line->success = line->success || good;
  }
}

gboolean bp_colon_before(const char *text, gsize end) {
  return end && (text[end - 1] == ':' || (end > 2 && memcmp(text + end - 3, "\xef\xbc\x9a", 3) == 0));
}

gboolean bp_line_is_label(const BpReading *r, const BpLine *line, const char *address) {
  gsize length = strlen(address);
  const char *text = r->text + line->at, *found = *address ? g_strstr_len(text, (gssize)line->length, address) : NULL;
  if (!found || !line->recipient)
    return FALSE;
  const char *before = found, *behind = found + length, *end = text + line->length;
  while (before > text && strchr(" \t<\"'", before[-1]))
    before--;
  while (behind < end && strchr(" \t>\"'.\r", *behind))
    behind++;
  return bp_colon_before(text, (gsize)(before - text)) && behind == end;
}

gboolean bp_line_is_rule(const BpReading *r, const BpLine *line) {
  const char *text = r->text + line->at;
  text += strspn(text, " \t");
  return *text && strchr("-=_*", *text) && strspn(text, (const char[]){*text, '\0'}) >= RULE;
}

gboolean bp_line_names_recipient(const BpReading *r, const BpLine *line) {
  gsize from = line->at, to, end = line->at + bp_cut(r->text + line->at, line->length, BP_LOOK);
  if (!line->recipient || !bp_address_next(r->text, end, &from, &to))
    return FALSE;
  g_autofree char *address = g_strndup(r->text + from, to - from);
  return bp_line_is_label(r, line, address);
}
