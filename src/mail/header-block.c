/* header-block.c - walks over a header, which may be folded wrongly or not end as it should */
#include "mail/header-block.h"

#include "mail/header.h"
#include "mail/line.h"

#define BLOCKS_FIELDS 10 /* all headers together: as many fields as so many full ones */
#define BLOCKS_BYTES 4   /* likewise bytes */
#define FOLDED 8         /* lines of one field that may stand without a blank in front */

void bp_header_block_init(BpHeaderBlock *b, BpArena *arena, const BpLimits *limits, BpBoundaries *boundaries,
                          const char *end) {
  *b = (BpHeaderBlock){.arena = arena,
                       .limits = limits,
                       .boundaries = boundaries,
                       .end = end,
                       .fields = g_array_new(FALSE, FALSE, sizeof(BpRawField)),
                       .fields_left = (gsize)limits->fields * BLOCKS_FIELDS,
                       .bytes_left = limits->header_block * BLOCKS_BYTES};
}

void bp_header_block_clear(BpHeaderBlock *b) {
  g_array_unref(b->fields);
}

/* ---- fields ------------------------------------------------------------------------------------------------- */

static BpRawField *field_at(const BpHeaderBlock *b, guint n) {
  return &g_array_index(b->fields, BpRawField, n);
}

const BpRawField *bp_header_block_find(const BpHeaderBlock *b, const char *name) {
  gsize length = strlen(name);
  for (guint i = b->fields->len; i > 0; i--) {
    const BpRawField *field = field_at(b, i - 1);
    if (field->name_length == length && g_ascii_strncasecmp(field->name, name, length) == 0)
      return field;
  }
  return NULL;
}

char *bp_header_block_value(const BpHeaderBlock *b, const char *name) {
  const BpRawField *field = bp_header_block_find(b, name);
  return field ? g_strndup(field->value, field->value_length) : NULL;
}

BpFields bp_header_block_fields(const BpHeaderBlock *b, const char *charset) {
  BpFields fields = {bp_arena_alloc(b->arena, b->fields->len * sizeof(BpField)), b->fields->len};
  for (guint i = 0; i < fields.n_fields; i++) {
    const BpRawField *raw = field_at(b, i);
    fields.fields[i].name = bp_arena_strndup(b->arena, raw->name, raw->name_length);
    fields.fields[i].value = bp_header_value(b->arena, raw->value, raw->value_length, charset);
  }
  return fields;
}

/* Takes the field from line up to next, as far as the limits allow. */
static void take_field(BpHeaderBlock *b, const char *line, const char *next, gsize name_length, gsize value) {
  gsize length = next - line, size = MIN(length, b->limits->field);
  gboolean fits = b->fields->len < b->limits->fields && b->fields_left > 0 &&
                  size <= b->limits->header_block - b->bytes && size <= b->bytes_left && value <= size;
  if (!fits || size < length)
    b->truncated |= BP_TRUNCATED_HEADERS;
  if (!fits)
    return;
  BpRawField field = {line, name_length, line + value, size - value};
  g_array_append_val(b->fields, field);
  b->bytes += size;
  b->bytes_left -= size;
  b->fields_left--;
}

/* Takes a line that was meant to continue the field before it, but has no blank in front. */
static void take_continuation(BpHeaderBlock *b, const char *line, const char *next) {
  BpRawField *field = b->fields->len ? field_at(b, b->fields->len - 1) : NULL;
  gsize size = next - line;
  if (!field || field->value + field->value_length != line || size > b->limits->header_block - b->bytes ||
      size > b->bytes_left || next - field->name > (gssize)b->limits->field)
    return;
  field->value_length += size;
  b->bytes += size;
  b->bytes_left -= size;
}

/* ---- lines -------------------------------------------------------------------------------------------------- */

/* Behind the field at text and the lines that continue it. */
static const char *field_end(const char *text, const char *end) {
  const char *at = bp_line_end(text, end);
  while (at < end && bp_is_blank(*at))
    at = bp_line_end(at, end);
  return at;
}

/* TRUE where the line begins one of the fields that headers have, and running text hardly ever. */
static gboolean is_usual_field(const char *line, const char *end) {
  static const char *const names[] = {"Received:",    "From:",           "To:",
                                      "Subject:",     "Date:",           "Cc:",
                                      "Message-ID:",  "Reply-To:",       "Sender:",
                                      "Content-",     "MIME-Version:",   "X-",
                                      "Return-Path:", "DKIM-",           "ARC-",
                                      "List-",        "Auto-Submitted:", "Precedence:",
                                      "References:",  "In-Reply-To:",    "Authentication-Results:"};
  gsize value;
  if (!bp_field_name(line, end - line, &value))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if ((gsize)(end - line) > strlen(names[i]) && g_ascii_strncasecmp(line, names[i], strlen(names[i])) == 0)
      return TRUE;
  return FALSE;
}

/* A line in a header that is no field: part of one that was folded without a blank, or, with the empty line missing,
 * the beginning of the body. The header goes on if one of the next lines is a usual field. */
static gboolean goes_on(const char *next, const char *end) {
  for (guint i = 0; i < FOLDED && next < end && !bp_is_empty_line(next, end) && *next != '-'; i++)
    if (is_usual_field(next, end))
      return TRUE;
    else
      next = bp_line_end(next, end);
  return FALSE;
}

/* TRUE where the field before the line at line has no value, and the line is one word: the value, folded without a
 * blank. */
static gboolean is_missing_value(const BpHeaderBlock *b, const char *line, const char *next) {
  const BpRawField *field = b->fields->len ? field_at(b, b->fields->len - 1) : NULL;
  if (!field || field->value + field->value_length != line)
    return FALSE;
  for (gsize i = 0; i < field->value_length; i++)
    if (!g_ascii_isspace(field->value[i]))
      return FALSE;
  while (next > line && g_ascii_isspace(next[-1]))
    next--;
  for (; line < next; line++)
    if (bp_is_blank(*line))
      return FALSE;
  return TRUE;
}

/* An empty line in front of a returned message's header is no end of it. */
static gboolean is_leading_line(const BpHeaderBlock *b, gboolean of_message, const char *next) {
  return of_message && b->fields->len == 0 && goes_on(next, b->end);
}

static gboolean is_boundary(BpHeaderBlock *b, const char *line) {
  gboolean final;
  return *line == '-' && bp_boundaries_find(b->boundaries, line, bp_line_end(line, b->end), &final) >= 0;
}

gboolean bp_header_block_read(BpHeaderBlock *b, const char **at, gboolean of_message) {
  b->start = *at;
  b->bytes = 0;
  g_array_set_size(b->fields, 0);
  for (const char *next; *at < b->end; *at = next) {
    b->stop = *at;
    if (bp_is_empty_line(*at, b->end)) {
      next = bp_line_end(*at, b->end);
      if (is_leading_line(b, of_message, next))
        continue;
      *at = next;
      return TRUE;
    }
    if (is_boundary(b, *at))
      return TRUE;
    next = field_end(*at, b->end);
    gsize value, name = bp_field_name(*at, next - *at, &value);
    if (name)
      take_field(b, *at, next, name, value);
    else if (goes_on(next, b->end) || is_missing_value(b, *at, next) ||
             (b->fields->len == 0 && bp_is_from_line(*at, next)))
      take_continuation(b, *at, next);
    else
      return TRUE; /* the body begins without an empty line */
  }
  b->stop = b->end;
  return FALSE;
}
