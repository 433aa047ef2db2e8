/* json-writer.c - writes JSON (RFC 8259) at the end of a GString */
#include "output/json-writer.h"

#include "base/words.h"

#include <string.h>
#include <time.h>

/* Bytes that cannot be copied as they are: controls, DEL, quote, backslash, all beyond ASCII. */
static inline gboolean is_special(guchar c) {
  return c < 0x20 || c == '"' || c == '\\' || c >= 0x7f;
}

/* The end of out, with room for n bytes behind it. The caller writes there and says how far with grown(). */
static char *room(GString *out, gsize n) {
  gsize length = out->len;
  if (out->allocated_len - length <= n) {
    g_string_set_size(out, length + n);
    g_string_truncate(out, length);
  }
  return out->str + length;
}

static void grown(GString *out, char *end) {
  *end = '\0';
  out->len = (gsize)(end - out->str);
}

static char *put_escaped(char *p, gunichar c) {
  static const char hex[] = "0123456789abcdef";
  *p++ = '\\';
  switch (c) {
  case '"':
  case '\\':
    *p++ = (char)c;
    return p;
  case '\n':
    *p++ = 'n';
    return p;
  case '\r':
    *p++ = 'r';
    return p;
  case '\t':
    *p++ = 't';
    return p;
  }
  *p++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4)
    *p++ = hex[c >> shift & 0xf];
  return p;
}

/* C1 controls, line and paragraph separator, bidirectional embeddings, overrides and isolates. */
static gboolean is_unsafe(gunichar c) {
  return c < 0xa0 || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* One character beyond plain ASCII; *s is set behind it. */
static char *put_special(char *p, const char **s) {
  guchar byte = (guchar) * *s;
  if (byte < 0x80) {
    (*s)++;
    return put_escaped(p, byte);
  }
  gunichar c = g_utf8_get_char_validated(*s, -1);
  if (c >= 0x110000) { /* malformed or cut off */
    (*s)++;
    memcpy(p, "\xef\xbf\xbd", 3);
    return p + 3;
  }
  const char *next = *s + g_utf8_skip[byte];
  if (is_unsafe(c))
    p = put_escaped(p, c);
  else
    for (const char *q = *s; q < next;)
      *p++ = *q++;
  *s = next;
  return p;
}

/* How many of the first bytes of s can be copied as they are, about. */
static gsize plain_length(const char *s, gsize length) {
  gsize n = 0;
  for (; n + 8 <= length; n += 8) {
    guint64 word = bp_word_at(s + n);
    if (bp_word_is_special(word) || ((bp_word_holds(word, '"') | bp_word_holds(word, '\\')) & BP_EACH_BYTE(0x80)))
      break;
  }
  return n;
}

/* A byte becomes six at most ("\u001b"), and a character of two bytes likewise. */
static char *put_string(char *p, const char *s, gsize length) {
  *p++ = '"';
  for (const char *end = s + length; s < end;) {
    gsize plain = plain_length(s, (gsize)(end - s));
    memcpy(p, s, plain);
    p += plain;
    s += plain;
    for (const char *stop = s + MIN(8, end - s); s < stop;)
      if (is_special((guchar)*s))
        p = put_special(p, &s);
      else
        *p++ = *s++;
  }
  *p++ = '"';
  return p;
}

static gsize key_room(const char *key) {
  return key ? 6 * strlen(key) + 4 : 1;
}

/* The comma before a value, unless it is the first or has its key in front, and its key. */
static char *put_key(const GString *out, char *p, const char *key) {
  char before = out->len > 0 ? out->str[out->len - 1] : '\n';
  if (before != '{' && before != '[' && before != '\n')
    *p++ = ',';
  if (!key)
    return p;
  p = put_string(p, key, strlen(key));
  *p++ = ':';
  return p;
}

void bp_json_open(GString *out, const char *key, char bracket) {
  char *p = put_key(out, room(out, key_room(key) + 1), key);
  *p++ = bracket;
  grown(out, p);
}

void bp_json_close(GString *out, char bracket) {
  g_string_append_c(out, bracket);
}

void bp_json_string(GString *out, const char *key, const char *value) {
  if (!value)
    return;
  gsize length = strlen(value);
  char *p = put_key(out, room(out, key_room(key) + 6 * length + 2), key);
  grown(out, put_string(p, value, length));
}

/* The last digits of a number, with zeros in front. */
static char *put_digits(char *p, guint64 value, guint digits) {
  for (char *q = p + digits; q > p; value /= 10)
    *--q = (char)('0' + value % 10);
  return p + digits;
}

void bp_json_number(GString *out, const char *key, gint64 value) {
  guint64 size = value < 0 ? -(guint64)value : (guint64)value;
  guint digits = 1;
  for (guint64 rest = size; rest > 9; rest /= 10)
    digits++;
  char *p = put_key(out, room(out, key_room(key) + 1 + digits), key);
  if (value < 0)
    *p++ = '-';
  grown(out, put_digits(p, size, digits));
}

void bp_json_time(GString *out, const char *key, gint64 seconds) {
  const gint64 first = -62167219200, last = 253402300799; /* the years 0 to 9999 */
  struct tm tm;
  time_t t = (time_t)seconds;
  if (seconds < first || seconds > last || !gmtime_r(&t, &tm))
    return;
  const int parts[] = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec};
  const char after[] = "--T::Z";
  char text[] = "0000-00-00T00:00:00Z", *p = text;
  for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
    p = put_digits(p, (guint64)parts[i], i == 0 ? 4 : 2);
    *p++ = after[i];
  }
  bp_json_string(out, key, text);
}
