/* fields.c - header blocks and status groups as lists of fields */
#include "mail/header.h"
#include "mail/mail.h"

#include <string.h>

/* All groups together may hold this many fields for each recipient that the limits allow: RFC 3464 knows 11. */
#define FIELDS_PER_RECIPIENT 32

const char *bp_fields_next(const BpFields *fields, const char *name, guint *at) {
  while (*at < fields->n_fields) {
    const BpField *field = &fields->fields[(*at)++];
    gboolean same_letter = ((*field->name ^ *name) & ~0x20) == 0;
    if (same_letter && g_ascii_strcasecmp(field->name, name) == 0)
      return field->value;
  }
  return NULL;
}

const char *bp_fields_get(const BpFields *fields, const char *name) {
  guint at = 0;
  return bp_fields_next(fields, name, &at);
}

typedef struct {
  BpArena *arena;
  const BpLimits *limits;
  GArray *groups; /* of BpFields */
  GArray *fields; /* of BpField: those of the group at hand */
  gsize left;     /* fields that may still come */
} Parser;

static void end_group(Parser *p) {
  if (p->fields->len == 0)
    return;
  BpFields group = {NULL, p->fields->len};
  group.fields = bp_arena_alloc(p->arena, group.n_fields * sizeof(BpField));
  memcpy(group.fields, p->fields->data, group.n_fields * sizeof(BpField));
  g_array_append_val(p->groups, group);
  g_array_set_size(p->fields, 0);
}

static void add_field(Parser *p, const char *text, gsize name_length, gsize value, gsize length) {
  if (p->fields->len >= p->limits->fields || p->left == 0)
    return;
  BpField field = {bp_arena_strndup(p->arena, text, name_length),
                   bp_header_value(p->arena, text + value, MIN(length - value, p->limits->field), NULL)};
  g_array_append_val(p->fields, field);
  p->left--;
}

/* The length of the line at text, its LF included. */
static gsize line_length(const char *text, const char *end) {
  const char *newline = memchr(text, '\n', end - text);
  return newline ? newline + 1 - text : end - text;
}

static gboolean is_empty_line(const char *line, gsize length) {
  for (gsize i = 0; i < length; i++)
    if (line[i] != '\r' && line[i] != '\n' && line[i] != ' ' && line[i] != '\t')
      return FALSE;
  return TRUE;
}

/* "550 no such user", "550-…": a line of a reply that was not folded. No name of a field begins so. */
static gboolean is_reply_line(const char *at, const char *end) {
  return end - at > 4 && *at >= '2' && *at <= '5' && g_ascii_isdigit(at[1]) && g_ascii_isdigit(at[2]) &&
         (at[3] == '-' || at[3] == ' ');
}

/* The field or other line at text with the lines that continue it. A line of blanks only continues nothing: broken
 * mailers write it for an empty one. */
static gsize field_length(const char *text, const char *end) {
  const char *at = text + line_length(text, end);
  while (at < end && (*at == ' ' || *at == '\t' || is_reply_line(at, end))) {
    gsize length = line_length(at, end);
    if (is_empty_line(at, length))
      break;
    at += length;
  }
  return at - text;
}

BpFields *bp_fields_parse(BpArena *arena, const char *text, gsize length, const BpLimits *limits, guint *n_groups) {
  /* one group more than recipients (the first is about the message), and one that shows that there are too many */
  const guint most_groups = limits->recipients + 2;
  g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(BpFields));
  g_autoptr(GArray) fields = g_array_new(FALSE, FALSE, sizeof(BpField));
  Parser p = {arena, limits, groups, fields, (gsize)limits->recipients * FIELDS_PER_RECIPIENT + limits->fields};

  const char *end = text + length;
  for (const char *at = text; at < end && groups->len < most_groups;) {
    gsize taken = line_length(at, end), value, name;
    if (is_empty_line(at, taken)) {
      end_group(&p);
    } else {
      taken = field_length(at, end);
      name = bp_field_name(at, taken, &value);
      if (name)
        add_field(&p, at, name, value, taken);
    }
    at += taken;
  }
  if (groups->len < most_groups)
    end_group(&p);

  *n_groups = groups->len;
  BpFields *all = bp_arena_alloc(arena, groups->len * sizeof(BpFields));
  if (groups->len)
    memcpy(all, groups->data, groups->len * sizeof(BpFields));
  return all;
}
