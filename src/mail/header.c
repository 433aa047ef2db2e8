/* header.c - what a header field's value says: unfolding, RFC 2047 words, raw 8-bit text */
#include "mail/header.h"

#include "base/words.h"
#include "mail/charset.h"
#include "mail/gmime.h"

#include <string.h>

/* RFC 5322 section 3.6.8: printable US-ASCII but colon. Blanks in front of the colon are its obsolete form
 * (section 4.5). */
static gboolean is_name_char(char c) {
  return c > ' ' && c < 0x7f && c != ':';
}

gsize bp_field_name(const char *line, gsize length, gsize *value) {
  gsize end = 0, colon, most = MIN(length, BP_FIELD_NAME_MAX);
  while (end < most && is_name_char(line[end]))
    end++;
  for (colon = end; colon < length && colon < end + 16 && (line[colon] == ' ' || line[colon] == '\t');)
    colon++;
  if (end == 0 || colon == length || line[colon] != ':')
    return 0;
  *value = colon + 1;
  return end;
}

/* TRUE where one of the eight bytes is no printable US-ASCII, or "?". */
static gboolean is_special(guint64 word) {
  return bp_word_is_special(word) || (bp_word_holds(word, '?') & BP_EACH_BYTE(0x80));
}

/* TRUE where value is one line of printable US-ASCII without RFC 2047 words: most are. */
static gboolean is_plain(const char *value, gsize length) {
  for (gsize i = 0; i < length; i++) {
    while (i + 8 <= length && !is_special(bp_word_at(value + i)))
      i += 8;
    for (gsize stop = MIN(i + 8, length); i < stop; i++) {
      char c = value[i];
      if ((guchar)c < ' ' || (guchar)c >= 0x7f || (c == '?' && i > 0 && value[i - 1] == '='))
        return FALSE;
    }
    i--;
  }
  return TRUE;
}

static gboolean is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A copy in which a line end with the blanks around it is one space. */
static char *unfold(BpArena *arena, const char *raw, gsize *length) {
  char *value = bp_arena_strndup(arena, raw, *length), *to = value;
  const char *end = raw + *length;
  for (const char *newline; (newline = memchr(raw, '\n', end - raw));) {
    memcpy(to, raw, newline - raw);
    to += newline - raw;
    while (to > value && is_blank(to[-1]))
      to--;
    *to++ = ' ';
    for (raw = newline + 1; raw < end && is_blank(*raw);)
      raw++;
  }
  memcpy(to, raw, end - raw);
  to[end - raw] = '\0';
  *length = to + (end - raw) - value;
  return value;
}

/* Takes control characters out (C0, DEL and C1), makes tabs spaces and cuts blanks at the ends. Works in place. */
static char *clean(char *text) {
  char *to = text;
  for (const char *from = text; *from; from++) {
    guchar c = (guchar)*from;
    if (c == '\t' || c == '\n' || c == '\r')
      *to++ = ' ';
    else if (c == 0xc2 && (guchar)from[1] >= 0x80 && (guchar)from[1] < 0xa0)
      from++;
    else if (c >= ' ' && c != 0x7f)
      *to++ = *from;
  }
  *to = '\0';
  return g_strstrip(text);
}

/* TRUE where a text begins with an encoded word in base64, "=?utf-8?B?…?=" (RFC 2047): where its data begin, and its
 * length. */
static gboolean is_base64_word(const char *text, gsize *data, gsize *length) {
  if (!g_str_has_prefix(text, "=?"))
    return FALSE;
  gsize n = 2 + strcspn(text + 2, "? ");
  if (text[n] != '?' || g_ascii_tolower(text[n + 1]) != 'b' || text[n + 2] != '?')
    return FALSE;
  *data = n + 3;
  *length = *data + strcspn(text + *data, "? ") + 2;
  return g_str_has_prefix(text + *length - 2, "?=");
}

/* GMime takes such words in a row for one, and stops at the first that is padded ("…A=?="): of a row it gets one. */
static char *join_padded(const char *text) {
  GString *joined = g_string_new(NULL);
  gsize data, length, size;
  while (*text) {
    if (!is_base64_word(text, &data, &length)) {
      g_string_append_c(joined, *text++);
      continue;
    }
    const char *head = text, *next = text;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    do {
      g_autofree char *piece = g_strndup(next + data, length - 2 - data);
      g_autofree guchar *plain = g_base64_decode(piece, &size);
      g_byte_array_append(bytes, plain, (guint)size);
      text = next + length;
      next = text + strspn(text, " \t");
    } while (next > text && g_ascii_strncasecmp(next, head, data) == 0 && is_base64_word(next, &data, &length));
    g_autofree char *all = g_base64_encode(bytes->data, bytes->len);
    g_string_append_len(joined, head, (gssize)data);
    g_string_append(joined, all);
    g_string_append(joined, "?=");
  }
  return g_string_free(joined, FALSE);
}

const char *bp_header_value(BpArena *arena, const char *raw, gsize length, const char *charset) {
  while (length > 0 && is_blank(raw[length - 1]))
    length--;
  while (length > 0 && is_blank(*raw))
    raw++, length--;
  if (is_plain(raw, length))
    return bp_arena_strndup(arena, raw, length);

  char *value = unfold(arena, raw, &length);
  if (is_plain(value, length))
    return value;

  g_autoptr(GString) scratch = g_string_new(NULL);
  const char *utf8 = bp_charset_decode(charset, value, length, G_MAXSIZE, scratch, &length);
  if (!g_strstr_len(utf8, (gssize)length, "=?"))
    return clean(bp_arena_strndup(arena, utf8, length));

  g_autofree char *encoded = g_strndup(utf8, length);
  g_autofree char *joined = strstr(encoded, "=?= =?") ? join_padded(encoded) : NULL;
  g_autofree char *decoded = bp_gmime()->decode_words(joined ? joined : encoded);
  g_autofree char *valid = g_utf8_make_valid(decoded, -1);
  return clean(bp_arena_strdup(arena, valid));
}
