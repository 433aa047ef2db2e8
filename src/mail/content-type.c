/* content-type.c - what a Content-Type field says (RFC 2045 section 5.1)
 *
 * GMime reads what mailers make of it: comments, encoded words, parameters in pieces, blanks where none belong. It
 * makes objects of it, which takes 15,000 instructions for a field, a tenth of all that a bounce needs. What is written
 * as the RFC has it, in plain ASCII, is read here, all else is left to GMime. */
#include "mail/content-type.h"

#include <gmime/gmime.h>
#include <string.h>

static char *lower(BpArena *arena, const char *text, gsize length) {
  char *copy = bp_arena_strndup(arena, text, length);
  for (char *c = copy; *c; c++)
    *c = g_ascii_tolower(*c);
  return copy;
}

static void set_type(BpArena *arena, BpContentType *type, const char *media, gsize media_length, const char *sub,
                     gsize sub_length) {
  type->media = lower(arena, media, media_length);
  type->sub = lower(arena, sub, sub_length);
  type->type = bp_arena_printf(arena, "%s/%s", type->media, type->sub);
}

/* ---- as the RFC has it -------------------------------------------------------------------------------------- */

/* How many bytes from p on are of a token. */
static gsize token(const char *p) {
  return strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'+-.^_`{|}~");
}

/* The value at *p, without quotes; goes behind it. FALSE where it is empty or anything but graphic ASCII. */
static gboolean read_value(const char **p, const char **value, gsize *length) {
  gboolean quoted = **p == '"';
  *value = *p + quoted;
  *length = 0;
  if (!quoted)
    *length = token(*value);
  else
    while (g_ascii_isgraph((*value)[*length]) && !strchr("\"\\", (*value)[*length]))
      (*length)++;
  *p = *value + *length + quoted;
  return *length > 0 && (!quoted || (*value)[*length] == '"') && !g_strstr_len(*value, (gssize)*length, "=?");
}

/* One that stands twice is none of the RFC's. */
static gboolean set_parameter(BpArena *arena, BpContentType *type, const char *name, gsize n, const char *value,
                              gsize length) {
  const struct {
    const char *name;
    const char **value;
  } known[] = {{"boundary", &type->boundary}, {"charset", &type->charset}, {"report-type", &type->report_type}};
  for (guint i = 0; i < G_N_ELEMENTS(known); i++)
    if (strlen(known[i].name) == n && g_ascii_strncasecmp(known[i].name, name, n) == 0) {
      if (*known[i].value)
        return FALSE;
      *known[i].value = bp_arena_strndup(arena, value, length);
    }
  return TRUE;
}

static gboolean parse_strict(BpArena *arena, const char *p, BpContentType *type) {
  p += strspn(p, " \t\r\n");
  gsize media = token(p), sub = p[media] == '/' ? token(p + media + 1) : 0;
  if (media == 0 || sub == 0)
    return FALSE;
  *type = (BpContentType){NULL};
  set_type(arena, type, p, media, p + media + 1, sub);
  for (p += media + 1 + sub;;) {
    p += strspn(p, " \t\r\n");
    if (!*p)
      return TRUE;
    if (*p++ != ';')
      return FALSE;
    p += strspn(p, " \t\r\n");
    const char *name = p, *value;
    gsize n = token(p), length;
    if (n == 0)
      return !*p;
    p += n;
    if (*p++ != '=' || !read_value(&p, &value, &length) || !set_parameter(arena, type, name, n, value, length))
      return FALSE;
  }
}

/* ---- as mailers write it ------------------------------------------------------------------------------------ */

static void parse_lenient(BpArena *arena, const char *value, BpContentType *type) {
  GMimeContentType *t = g_mime_content_type_parse(NULL, value);
  const char *media = g_mime_content_type_get_media_type(t), *sub = g_mime_content_type_get_media_subtype(t);
  *type = (BpContentType){.boundary = bp_arena_strdup(arena, g_mime_content_type_get_parameter(t, "boundary")),
                          .charset = bp_arena_strdup(arena, g_mime_content_type_get_parameter(t, "charset")),
                          .report_type = bp_arena_strdup(arena, g_mime_content_type_get_parameter(t, "report-type"))};
  set_type(arena, type, media, strlen(media), sub, strlen(sub));
  g_object_unref(t);
}

gboolean bp_content_type_parse(BpArena *arena, const char *value, BpContentType *type) {
  if (!strchr(value, '/'))
    return FALSE;
  if (!parse_strict(arena, value, type))
    parse_lenient(arena, value, type);
  return TRUE;
}
