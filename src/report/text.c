/* text.c - the text of the notification, and where the returned message begins in it */
#include "report/address.h"
#include "report/reading.h"

#include <string.h>

#define SHORT_TEXT 24 /* bytes: less is no notification */
#define SPACED_MIN 6  /* lines of which each stands by itself */

/* A part of text that begins like a header is the returned message, though it is not said to be one. */
static gboolean begins_like_header(const char *text) {
  static const char *const fields[] = {"Received:",       "Return-Path:", "Message-ID:",        "Delivered-To:",
                                       "DKIM-Signature:", "X-Received:",  "From MAILER-DAEMON "};
  text += strspn(text, " \t\n");
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
    if (g_ascii_strncasecmp(text, fields[i], strlen(fields[i])) == 0)
      return TRUE;
  return FALSE;
}

BpPart *bp_next_part(BpReading *r, guint *at) {
  guint n;
  BpPart *parts = bp_mail_parts(r->mail, &n);
  while (*at < n) {
    BpPart *part = &parts[(*at)++];
    if (part->message == r->message)
      return part;
  }
  return NULL;
}

static gboolean is_no_local_part(const char *word, gpointer reading) {
  return bp_any_phrase(reading, BP_MATCH_BEFORE_AT, word);
}

const char *bp_text_of(BpReading *r, BpPart *part, gsize *length) {
  const char *text = bp_mail_text(r->mail, part, length);
  if (r->masks == BP_MASKS_NOTHING || (r->masks == BP_MASKS_ALL_IF_ANY && memchr(text, '@', *length)))
    return text;
  return bp_address_unmask(r->arena, text, *length, length, r->mask, is_no_local_part, r);
}

/* All parts together are no longer than one may be. */
static void add_text(BpReading *r, GString *all, BpPart *part) {
  gsize length, left = r->options->limits->text - MIN(r->options->limits->text, all->len);
  if (left == 0)
    return;
  const char *text = bp_text_of(r, part, &length);
  if (begins_like_header(text)) {
    if (!r->pasted) {
      r->pasted = text;
      r->pasted_length = length;
    }
    return;
  }
  if (all->len) /* the line end before the boundary is no part's; a blank line parts what they say */
    g_string_append(all, all->str[all->len - 1] == '\n' ? "\n" : "\n\n");
  g_string_append_len(all, text, (gssize)bp_cut(text, length, left));
  if (length > left)
    r->report->truncated |= BP_TRUNCATED_TEXT;
}

/* The text parts of one kind before the report or the returned message; all of them where there is neither. */
static void join_texts(BpReading *r, BpPartKind kind, GString *all) {
  guint at = 0;
  for (BpPart *part; (part = bp_next_part(r, &at));) {
    if (part->kind == BP_PART_MESSAGE || part->kind == BP_PART_HEADERS)
      break;
    if (part->kind == kind)
      add_text(r, all, part);
  }
}

/* The first match of the phrases of a domain: where it begins and ends. */
static gboolean find_phrase(const BpReading *r, BpMatchDomain domain, gsize *from, gsize *behind) {
  BpCandidates candidates = bp_matcher_candidates(r->matcher, domain, r->text, r->length);
  gsize best = r->length, start, end;
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;)
    if (bp_candidates_run(r->matcher, &candidates, n)) {
      bp_matcher_span(r->matcher, &start, &end);
      if (start < best) {
        best = start;
        *behind = end;
      }
    }
  *from = best;
  return best < r->length;
}

/* A header that begins in the middle of the text: two or more fields that only a message's header has, on lines that
 * follow one another. */
static gboolean find_header(const BpReading *r, gsize *from) {
  for (const char *line = r->text, *next; line && *line; line = next) {
    const char *end = strchr(line, '\n');
    next = end ? end + 1 : NULL;
    if (!next || *line == ' ' || *line == '\t' || *line == '\n' || !begins_like_header(line))
      continue;
    const char *colon = strpbrk(next, ":\n");
    if (*next == ' ' || *next == '\t' ||
        (colon && *colon == ':' && colon - next < 40 && !memchr(next, ' ', (gsize)(colon - next)))) {
      *from = (gsize)(line - r->text);
      return TRUE;
    }
  }
  return FALSE;
}

/* TRUE where what became of the mail is told before from: else the fields there only say which mail it was. */
static gboolean tells_before(BpReading *r, gsize from) {
  static const BpMatchDomain domains[] = {BP_MATCH_FAILURE, BP_MATCH_DELAY, BP_MATCH_SUCCESS};
  g_autofree char *before = g_strndup(r->text, from);
  const char *words = before + strspn(before, " \t\n");
  if (!*words || g_str_has_prefix(words, "From "))
    return TRUE; /* nothing is, but what is pasted may be a bounce */
  for (guint i = 0; i < G_N_ELEMENTS(domains); i++)
    if (bp_any_phrase(r, domains[i], before))
      return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS(domains); i++)
    if (bp_any_phrase(r, domains[i], r->text + from))
      return FALSE;
  return TRUE;
}

void bp_set_text(BpReading *r, const char *text, gsize length) {
  gsize from, behind = 0;
  r->text = text;
  r->length = length;
  if (find_phrase(r, BP_MATCH_FOOTER, &from, &behind)) {
    r->text = bp_arena_strndup(r->arena, text, from);
    r->length = from;
  }
  gboolean found = find_phrase(r, BP_MATCH_ORIGINAL, &from, &behind);
  if (!found && (found = find_header(r, &from) && tells_before(r, from)))
    behind = from;
  if (!found)
    return;
  if (!r->pasted) {
    r->pasted = r->text + behind;
    r->pasted_length = r->length - behind;
  }
  r->text = bp_arena_strndup(r->arena, r->text, from);
  r->length = from;
}

/* A list manager may have set its footer, as text, below a notification in HTML. */
static gboolean html_comes_first(BpReading *r) {
  guint at = 0;
  for (BpPart *part; (part = bp_next_part(r, &at));)
    if (part->kind == BP_PART_TEXT || part->kind == BP_PART_HTML)
      return part->kind == BP_PART_HTML;
  return FALSE;
}

/* The next line of *text that is not blank, and how many blank ones stood before it; NULL for none. */
static const char *next_words(const char **text, gsize *length, guint *blanks) {
  for (*blanks = 0; **text; (*blanks)++) {
    const char *line = *text;
    *length = strcspn(line, "\n");
    *text = line + *length + (line[*length] == '\n');
    if (strspn(line, " \t\r") < *length)
      return line;
  }
  return NULL;
}

/* What quotes, shifts or converts a text may set blanks before all of its lines, or a blank line behind each of them;
 * a blank line is then three. */
static void straighten(GString *all) {
  const char *text = all->str, *line;
  gsize length, indent = G_MAXSIZE;
  guint blanks, n = 0, breaks = 0;
  gboolean spaced = TRUE;
  while ((indent || spaced) && (line = next_words(&text, &length, &blanks))) {
    indent = MIN(indent, strspn(line, " "));
    spaced = spaced && (n == 0 || blanks % 2 == 1);
    breaks += n && blanks > 2;
    n++;
  }
  spaced = spaced && n >= SPACED_MIN && breaks;
  if (n == 0 || (!indent && !spaced) || strlen(all->str) < all->len)
    return;
  GString *straight = g_string_sized_new(all->len);
  for (text = all->str, n = 0; (line = next_words(&text, &length, &blanks)); n++) {
    for (guint i = spaced && n ? (blanks - 1) / 2 : blanks; i > 0; i--)
      g_string_append_c(straight, '\n');
    g_string_append_len(straight, line + indent, (gssize)(length - indent));
    g_string_append_c(straight, '\n');
  }
  g_string_assign(all, straight->str);
  g_string_free(straight, TRUE);
}

void bp_find_text(BpReading *r) {
  g_autoptr(GString) all = g_string_new(NULL);
  if (html_comes_first(r))
    join_texts(r, BP_PART_HTML, all);
  join_texts(r, BP_PART_TEXT, all);
  if (all->len < SHORT_TEXT)
    join_texts(r, BP_PART_HTML, all);
  straighten(all);
  bp_set_text(r, bp_arena_strndup(r->arena, all->str, all->len), all->len);
}
