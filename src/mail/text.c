/* text.c - a part's bytes as text: transfer encoding, charset, line ends */
#include "mail/text.h"

#include "mail/charset.h"

#include <string.h>

#define CHAR_BYTES 4   /* a character in UTF-8 and in any charset has at most so many */
#define HTML_TEXTS 8   /* markup may be so many times as long as the text that is wanted of it */
#define LOOK 1024      /* bytes by which wrong labels are told */
#define BASE64_SURE 60 /* characters of base64 that no text has by chance */
#define QP_SURE 2      /* characters encoded as quoted-printable likewise */
#define QP_LINE_MIN 70 /* bytes of a line before a soft break */
#define QP_LINE_MAX 75
#define META_SEARCH 2048 /* bytes of HTML in which its charset is looked for */

/* ---- transfer encoding -------------------------------------------------------------------------------------- */

static gboolean is_base64_char(char c) {
  return g_ascii_isalnum(c) || c == '+' || c == '/' || c == '=';
}

/* How many characters of base64 the beginning has; 0 where others stand among them but blanks at the ends of lines, or
 * more than padding behind "=". */
static gsize count_base64(const BpBody *body) {
  gsize most = MIN(body->length, LOOK), n = 0;
  gboolean blank = FALSE;
  for (gsize i = 0; i < most; i++) {
    char c = body->bytes[i];
    if (c == '\n' || c == '\r')
      blank = FALSE;
    else if (c == ' ' || c == '\t')
      blank = n > 0;
    else if (blank || !is_base64_char(c) || (c != '=' && i > 0 && body->bytes[i - 1] == '='))
      return 0;
    else
      n++;
  }
  return n;
}

gboolean bp_body_looks_base64(const BpBody *body) {
  return count_base64(body) >= 4;
}

/* Some set a footer, as it is, below a text in base64. The bytes of the base64 above it: whole lines, the last of which
 * is padded, shorter than the first, or followed by a blank one. 0 where there is no such thing. */
static gsize base64_above_footer(const BpBody *body) {
  const char *end = body->bytes + body->length, *behind = body->bytes, *next;
  gsize n = 0, first = 0;
  gboolean may_end = FALSE;
  for (const char *line = body->bytes; line < end && *body->bytes != '='; line = next) {
    const char *newline = memchr(line, '\n', end - line);
    next = newline ? newline + 1 : end;
    gsize length = (newline ? newline : end) - line, run = 0;
    while (length > 0 && strchr(" \t\r", line[length - 1]))
      length--;
    while (run < length && is_base64_char(line[run]))
      run++;
    if (run < length)
      return may_end && n >= BASE64_SURE ? behind - body->bytes : 0;
    may_end = length == 0 || line[length - 1] == '=' || length < first;
    n += length;
    first = first ? first : length;
    behind = length > 0 ? next : behind;
  }
  return 0;
}

/* A line that is as long as quoted-printable makes lines before it breaks them softly (RFC 2045 section 6.7). */
static gboolean ends_long_line(const char *bytes, const char *p) {
  const char *start = p;
  while (start > bytes && start[-1] != '\n' && start[-1] != '\r')
    start--;
  return p - start >= QP_LINE_MIN && p - start <= QP_LINE_MAX;
}

/* TRUE where each "=" of the beginning is one of quoted-printable, and some stand for characters that must be encoded
 * or break lines. */
static gboolean looks_quoted_printable(const BpBody *body) {
  const char *p = body->bytes, *end = p + MIN(body->length, LOOK);
  guint n = 0;
  for (; (p = memchr(p, '=', (gsize)(end - p))) && end - p > 2; p++) {
    if (p[1] == '\n' || p[1] == '\r') {
      n += ends_long_line(body->bytes, p);
      continue;
    }
    if (!g_ascii_isxdigit(p[1]) || !g_ascii_isxdigit(p[2]) || g_ascii_islower(p[1]) || g_ascii_islower(p[2]))
      return FALSE;
    n += p[1] >= '8' || memcmp(p + 1, "3D", 2) == 0 || memcmp(p + 1, "20", 2) == 0;
  }
  return n >= QP_SURE;
}

/* The encoding that the body has, whatever its label says, and of how many of its bytes: without what is set below. */
static BpEncoding true_encoding(const BpBody *body, gsize *length) {
  gboolean quoted = (body->encoding == BP_ENCODING_QUOTED_PRINTABLE && count_base64(body) < BASE64_SURE) ||
                    body->encoding == BP_ENCODING_UUENCODE;
  gboolean labelled = body->encoding == BP_ENCODING_BASE64;
  *length = body->length;
  if (quoted)
    return body->encoding;
  if (labelled || count_base64(body) >= BASE64_SURE) {
    gsize above = base64_above_footer(body);
    *length = above ? above : body->length;
    return above || !labelled || bp_body_looks_base64(body) ? BP_ENCODING_BASE64 : BP_ENCODING_NONE;
  }
  return looks_quoted_printable(body) ? BP_ENCODING_QUOTED_PRINTABLE : BP_ENCODING_NONE;
}

/* At most about limit bytes of the body without its transfer encoding: the body itself or decoded->str. */
static const char *plain_bytes(const BpBody *body, gsize limit, GString *decoded, gsize *length, gboolean *cut) {
  gsize encoded;
  BpEncoding encoding = true_encoding(body, &encoded);
  if (encoding != BP_ENCODING_NONE) {
    *cut |= !bp_encoding_decode(encoding, body->bytes, encoded, limit, decoded);
    *length = decoded->len;
    return decoded->str;
  }
  *cut |= body->length > limit;
  *length = MIN(body->length, limit);
  return body->bytes;
}

/* ---- text --------------------------------------------------------------------------------------------------- */

/* The length of the first whole characters of text that fit into limit bytes. */
static gsize fitting(const char *text, gsize length, gsize limit) {
  if (length <= limit)
    return length;
  while (limit > 0 && ((guchar)text[limit] & 0xc0) == 0x80)
    limit--;
  return limit;
}

/* A byte order mark says nothing in UTF-8. */
static const char *without_mark(const char *text, gsize *length) {
  if (*length < 3 || memcmp(text, "\xEF\xBB\xBF", 3) != 0)
    return text;
  *length -= 3;
  return text + 3;
}

/* A copy in arena with LF for CR LF, CR CR LF and CR. */
static const char *with_lf(BpArena *arena, const char *text, gsize length, gsize *new_length) {
  char *copy = bp_arena_strndup(arena, text, length);
  *new_length = length;
  char *to = memchr(copy, '\r', length);
  if (!to)
    return copy;
  for (const char *from = to, *end = copy + length; from < end;) {
    if (*from != '\r') {
      const char *stop = memchr(from, '\r', end - from);
      gsize run = (stop ? stop : end) - from;
      memmove(to, from, run);
      to += run;
      from += run;
      continue;
    }
    from += from + 2 < end && from[1] == '\r' && from[2] == '\n' ? 2 : 1;
    if (from == end || *from != '\n')
      *to++ = '\n';
  }
  *to = '\0';
  *new_length = to - copy;
  return copy;
}

const char *bp_body_text(BpArena *arena, const BpBody *body, gsize limit, gsize *length, gboolean *cut) {
  g_autoptr(GString) decoded = g_string_new(NULL), converted = g_string_new(NULL);
  gsize n;
  const char *bytes = plain_bytes(body, limit * CHAR_BYTES, decoded, &n, cut);
  const char *text = bp_charset_decode(body->charset, bytes, n, limit + CHAR_BYTES, converted, &n);
  text = without_mark(text, &n);
  gsize fits = fitting(text, n, limit);
  *cut |= fits < n;
  return with_lf(arena, text, fits, length);
}

/* ---- HTML --------------------------------------------------------------------------------------------------- */

/* The charset that a <meta> element names; NULL for none. */
static char *meta_charset(const char *html, gsize length) {
  static const char key[] = "charset=";
  gsize most = MIN(length, META_SEARCH);
  for (gsize i = 0; i + sizeof key < most; i++) {
    if (g_ascii_strncasecmp(html + i, key, sizeof key - 1) != 0)
      continue;
    gsize from = i + sizeof key - 1, to;
    while (from < most && (html[from] == '"' || html[from] == '\'' || html[from] == ' '))
      from++;
    for (to = from; to < most && (g_ascii_isalnum(html[to]) || strchr("-_.:", html[to]));)
      to++;
    return to > from ? g_strndup(html + from, to - from) : NULL;
  }
  return NULL;
}

const char *bp_body_html(BpArena *arena, const BpBody *body, BpHtmlReader read, gsize limit, gsize *length,
                         gboolean *cut) {
  g_autoptr(GString) decoded = g_string_new(NULL), converted = g_string_new(NULL);
  gsize n, most = limit * HTML_TEXTS;
  const char *bytes = plain_bytes(body, most, decoded, &n, cut);
  g_autofree char *meta = body->charset ? NULL : meta_charset(bytes, n);
  const char *html = bp_charset_decode(body->charset ? body->charset : meta, bytes, n, most, converted, &n);
  html = without_mark(html, &n);
  g_autofree char *text = read(html, n, limit + CHAR_BYTES, &n);
  gsize fits = fitting(text, n, limit);
  *cut |= fits < n;
  return with_lf(arena, text, fits, length);
}
