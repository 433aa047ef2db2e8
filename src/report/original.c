/* original.c - what the returned message tells of itself, or the notification of it, and the recipient its return path
 * was made for */
#include "report/address.h"
#include "report/reading.h"

#include <string.h>

#define PATH_LENGTH 1000            /* bytes of a path that may be VERP: RFC 5321 section 4.5.3.1.3 has 256 */
#define STATED_MAX 998              /* bytes of a field that a text names: RFC 5322 section 2.1.1 */
#define TEXT_HEADER_MAX (32 * 1024) /* bytes of a pasted message in which its header is looked for */

static const char *bare(BpReading *r, const char *value) {
  const char *address = value ? bp_address_of(r->arena, value, FALSE) : "";
  return *address ? address : NULL;
}

static const char *without_brackets(BpReading *r, const char *value) {
  const char *open = value ? strchr(value, '<') : NULL, *close = open ? strchr(open, '>') : NULL;
  if (open && close > open + 1)
    return bp_arena_strndup(r->arena, open + 1, (gsize)(close - open) - 1);
  return value && *value ? value : NULL;
}

/* Header fields asked for by name, each as often as it stands. */
static void take_named(BpReading *r, const BpFields *header) {
  BpOriginal *original = &r->report->original;
  if (!r->options->headers || original->n_headers)
    return;
  original->headers = bp_arena_alloc(r->arena, (header->n_fields + 1) * sizeof(BpNamed));
  for (const char *const *name = r->options->headers; *name; name++) {
    guint at = 0;
    for (const char *value; (value = bp_fields_next(header, *name, &at)) && original->n_headers < header->n_fields;)
      original->headers[original->n_headers++] = (BpNamed){*name, value};
  }
}

static void fill(const char **field, const char *value) {
  if (!*field)
    *field = value;
}

/* TRUE where the header names more than one recipient. */
static gboolean names_several(BpReading *r, const BpFields *header) {
  static const char *const names[] = {"To", "Cc"};
  const char *first = NULL;
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    const char *value = bp_fields_get(header, names[i]);
    gsize from = 0, to, length = value ? strlen(value) : 0;
    for (; length && bp_address_next(value, length, &from, &to); from = to) {
      const char *address = bp_arena_strndup(r->arena, value + from, to - from);
      if (first && !bp_address_same(first, address))
        return TRUE;
      first = address;
    }
  }
  return FALSE;
}

static void take_header(BpReading *r, const BpFields *header) {
  BpOriginal *o = &r->report->original;
  if (!o->to)
    r->for_several = names_several(r, header);
  fill(&o->message_id, without_brackets(r, bp_fields_get(header, "Message-ID")));
  fill(&o->from, bare(r, bp_fields_get(header, "From")));
  fill(&o->to, bare(r, bp_fields_get(header, "To")));
  fill(&o->subject, bp_fields_get(header, "Subject"));
  fill(&o->envelope_from, bare(r, bp_fields_get(header, "Return-Path")));
  fill(&o->list_id, without_brackets(r, bp_fields_get(header, "List-Id")));
  if (o->date == BP_NO_TIME)
    o->date = bp_date_of(bp_fields_get(header, "Date"));
  take_named(r, header);
}

const BpFields *bp_pasted_header(BpReading *r, const char **body) {
  const char *header = r->pasted + strspn(r->pasted, " \t\n"), *end = strstr(header, "\n\n");
  gsize length = end ? (gsize)(end - header) : 0;
  guint n = 0;
  if (length == 0 || length > TEXT_HEADER_MAX)
    return NULL;
  if (strncmp(header, "From ", 5) == 0) {
    const char *next = memchr(header, '\n', length);
    length -= next ? (gsize)(next + 1 - header) : length;
    header = next ? next + 1 : end;
  }
  BpFields *groups = bp_fields_parse(r->arena, header, length, r->options->limits, &n);
  *body = end + 2;
  return n == 1 && bp_fields_get(groups, "From") ? groups : NULL;
}

/* The first group of fields in a pasted message that is a header and not a greeting; FALSE for none. */
static gboolean take_pasted_header(BpReading *r, const char *text, gsize length) {
  guint n = 0;
  BpFields *groups = bp_fields_parse(r->arena, text, length, r->options->limits, &n);
  for (guint i = 0; i < MIN(n, 6); i++)
    if (bp_fields_get(&groups[i], "From") || bp_fields_get(&groups[i], "Message-ID") ||
        bp_fields_get(&groups[i], "Subject") || bp_fields_get(&groups[i], "Received") ||
        bp_fields_get(&groups[i], "To")) {
      take_header(r, &groups[i]);
      return TRUE;
    }
  return FALSE;
}

/* The lines of text that begin as its first one does, "> " or some blanks, without that; NULL where it has no mark. */
static const char *without_marks(BpReading *r, const char *text, gsize length) {
  g_autoptr(GString) out = g_string_new(NULL);
  const char *end = text + length, *line = text, *next;
  while (line < end && *line == '\n')
    line++;
  gsize mark = strspn(line, ">| \t");
  const char *first = line;
  if (mark == 0)
    return NULL;
  for (; line < end; line = next) {
    next = memchr(line, '\n', (gsize)(end - line));
    next = next ? next + 1 : end;
    gsize n = (gsize)(next - line), marks = MIN(strspn(line, ">| \t"), n);
    if (n >= mark && memcmp(line, first, mark) == 0)
      g_string_append_len(out, line + mark, (gssize)(n - mark));
    else if (line[marks] == '\n')
      g_string_append_c(out, '\n');
    else
      break;
  }
  return bp_arena_strndup(r->arena, out->str, out->len);
}

static void take_pasted(BpReading *r) {
  gsize length = MIN(r->pasted_length, TEXT_HEADER_MAX);
  if (take_pasted_header(r, r->pasted, length))
    return;
  const char *text = without_marks(r, r->pasted, length);
  if (text)
    take_pasted_header(r, text, strlen(text));
}

static gboolean is_field(const char *line, const char *end) {
  gsize n = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");
  return n && line + n < end && line[n] == ':';
}

/* Fields in the text, on lines that follow one another, of which From names the reader and another one the recipient:
 * they are of the reader's own message. */
static void take_own_fields(BpReading *r) {
  const char *reader = r->report->returned_to, *field = r->text;
  while (reader && (field = strstr(field, "From:"))) {
    const char *line = field, *end = field + strcspn(field, "\n");
    field = end;
    g_autofree char *value = g_strndup(line + 5, (gsize)(end - line) - 5);
    if ((line > r->text && line[-1] != '\n') || !bp_address_same(bp_address_of(r->arena, value, TRUE), reader))
      continue;
    for (const char *above = line; line > r->text && above == line;) {
      for (above = line - 1; above > r->text && above[-1] != '\n';)
        above--;
      if (is_field(above, line))
        line = above;
    }
    while (*end && is_field(end + 1, end + 1 + strcspn(end + 1, "\n")))
      end += 1 + strcspn(end + 1, "\n");
    guint n = 0;
    const BpFields *fields = bp_fields_parse(r->arena, line, (gsize)(end - line), r->options->limits, &n);
    if (n == 1 && bp_fields_get(fields, "To")) {
      take_header(r, fields);
      return;
    }
  }
}

void bp_read_original(BpReading *r) {
  guint at = 0;
  for (BpPart *part; (part = bp_next_part(r, &at));)
    if (part->kind == BP_PART_MESSAGE || part->kind == BP_PART_HEADERS) {
      take_header(r, &part->headers);
      return;
    }
  if (r->pasted)
    take_pasted(r);
  if (!r->report->original.from)
    take_own_fields(r);
}

gboolean bp_is_of_reader(const BpReading *r) {
  const char *from = r->report->original.from, *reader = r->report->returned_to;
  return from && reader && bp_address_same(from, reader);
}

/* ---- what the notification says of it --------------------------------------------------------------------------- */

static const char *captured(const BpReading *r, const char *name) {
  return bp_captured(r->arena, r->matcher, r->text, name, STATED_MAX);
}

/* The first of each field that the text names: "Subject: Minutes of May". */
static BpOriginal find_stated(BpReading *r) {
  BpOriginal o = {.date = BP_NO_TIME};
  BpCandidates candidates = bp_matcher_candidates(r->matcher, BP_MATCH_STATED, r->text, r->length);
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;) {
    if (!bp_candidates_run(r->matcher, &candidates, n))
      continue;
    fill(&o.message_id, captured(r, "message_id"));
    fill(&o.subject, captured(r, "subject"));
    fill(&o.from, bare(r, captured(r, "from")));
    fill(&o.to, bare(r, captured(r, "to")));
    if (o.date == BP_NO_TIME)
      o.date = bp_date_of(captured(r, "date"));
  }
  return o;
}

void bp_read_stated(BpReading *r) {
  BpOriginal *original = &r->report->original;
  if (original->message_id)
    return;
  if (!r->length)
    bp_find_text(r);
  bp_read_original(r);
  BpOriginal stated = find_stated(r);
  /* A sender, a recipient and a date alone may be those of anything. */
  if (!stated.message_id && !stated.subject)
    return;
  fill(&original->message_id, stated.message_id);
  fill(&original->subject, stated.subject);
  fill(&original->from, stated.from);
  fill(&original->to, stated.to);
  if (original->date == BP_NO_TIME)
    original->date = stated.date;
}

/* ---- VERP --------------------------------------------------------------------------------------------------- */

static const char *made_address(BpReading *r, const char *text, gsize l_from, gsize l_to, gsize d_from, gsize d_to) {
  return bp_arena_printf(r->arena, "%.*s@%.*s", (int)(l_to - l_from), text + l_from, (int)(d_to - d_from),
                         text + d_from);
}

/* The shapes of phrases.conf. */
static const char *known_shape(BpReading *r, const char *path) {
  BpCandidates candidates = bp_matcher_candidates(r->matcher, BP_MATCH_VERP, path, strlen(path));
  gsize lf, lt, df, dt;
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;)
    if (bp_candidates_run(r->matcher, &candidates, n) && bp_matcher_group(r->matcher, "local", &lf, &lt) &&
        bp_matcher_group(r->matcher, "domain", &df, &dt))
      return made_address(r, path, lf, lt, df, dt);
  return NULL;
}

static const char *given_shape(BpReading *r, const char *path) {
  for (const char *const *verp = r->options->verp; verp && *verp; verp++) {
    g_autoptr(GRegex) regex = g_regex_new(*verp, G_REGEX_CASELESS, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    gint lf, lt, df, dt;
    if (regex && g_regex_match(regex, path, 0, &match) && g_match_info_fetch_named_pos(match, "local", &lf, &lt) &&
        g_match_info_fetch_named_pos(match, "domain", &df, &dt))
      return made_address(r, path, (gsize)lf, (gsize)lt, (gsize)df, (gsize)dt);
  }
  return NULL;
}

const char *bp_verp_recipient(BpReading *r) {
  static const char *const fields[] = {"Delivered-To", "X-Original-To", "Envelope-To", "To"};
  const char *paths[G_N_ELEMENTS(fields) + 1];
  guint n = 0;
  for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
    const char *path = bare(r, bp_fields_get(r->headers, fields[i]));
    if (path)
      paths[n++] = path;
  }
  if (r->report->original.envelope_from)
    paths[n++] = r->report->original.envelope_from;
  for (guint i = 0; i < n; i++) {
    if (strlen(paths[i]) > PATH_LENGTH)
      continue;
    const char *found = given_shape(r, paths[i]);
    if (!found)
      found = known_shape(r, paths[i]);
    if (found)
      return found;
  }
  return NULL;
}
