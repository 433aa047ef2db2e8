/* content-type.c - what a Content-Type field says (RFC 2045 section 5.1)
 *
 * GMime reads what mailers make of it: comments, encoded words, parameters in pieces, blanks where none belong. It
 * makes objects of it, which takes 15,000 instructions for a field, a tenth of all that a bounce needs. What is written
 * as the RFC has it, in plain ASCII, is read here, all else is left to GMime. */
#include "mail/content-type.h"

#include "mail/gmime.h"

#include <string.h>

static const char *lower(BpArena *arena, const char *text, gsize length) {
  char *copy = bp_arena_strndup(arena, text, length);
  for (char *c = copy; *c; c++)
    if (g_ascii_isupper(*c))
      *c = (char)(*c + ('a' - 'A'));
  return copy;
}

/* name: "text/plain". */
static void set_type(BpArena *arena, BpContentType *type, const char *name, gsize length) {
  const char *lowered = lower(arena, name, length), *slash = strchr(lowered, '/');
  type->type = lowered;
  type->media = bp_arena_strndup(arena, lowered, (gsize)(slash - lowered));
  type->sub = slash + 1;
}

/* ---- as the RFC has it -------------------------------------------------------------------------------------- */

/* How many bytes from p on are of a token, without "*", which marks a parameter in pieces. */
static gsize token(const char *p) {
  gsize n = 0;
  while (g_ascii_isgraph(p[n]) && !strchr("()<>@,;:\\\"/[]?=*", p[n]))
    n++;
  return n;
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
    gboolean lower;
  } known[] = {{"boundary", &type->boundary, FALSE},
               {"charset", &type->charset, FALSE},
               {"report-type", &type->report_type, TRUE}};
  for (guint i = 0; i < G_N_ELEMENTS(known); i++)
    if (strlen(known[i].name) == n && g_ascii_strncasecmp(known[i].name, name, n) == 0) {
      if (*known[i].value)
        return FALSE;
      *known[i].value = known[i].lower ? lower(arena, value, length) : bp_arena_strndup(arena, value, length);
    }
  return TRUE;
}

static gboolean parse_strict(BpArena *arena, const char *p, BpContentType *type) {
  p += strspn(p, " \t\r\n");
  gsize media = token(p), sub = p[media] == '/' ? token(p + media + 1) : 0;
  if (media == 0 || sub == 0)
    return FALSE;
  *type = (BpContentType){NULL};
  set_type(arena, type, p, media + 1 + sub);
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
  BpLooseType loose;
  bp_gmime()->read_type(value, &loose);
  *type = (BpContentType){.boundary = bp_arena_strdup(arena, loose.boundary),
                          .charset = bp_arena_strdup(arena, loose.charset),
                          .report_type =
                              loose.report_type ? lower(arena, loose.report_type, strlen(loose.report_type)) : NULL};
  set_type(arena, type, loose.type, strlen(loose.type));
  g_free(loose.type);
  g_free(loose.boundary);
  g_free(loose.charset);
  g_free(loose.report_type);
}

gboolean bp_content_type_parse(BpArena *arena, const char *value, BpContentType *type) {
  if (!strchr(value, '/'))
    return FALSE;
  if (!parse_strict(arena, value, type))
    parse_lenient(arena, value, type);
  return TRUE;
}
