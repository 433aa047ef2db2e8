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

/* The bytes of the data of an encoded word in base64 (RFC 2047) that begins at word; its prefix is "=?utf-8?B?". */
static gsize base64_word(const char *word, gsize *prefix) {
  const char *charset = word + 2, *encoding = charset + strcspn(charset, "? \t");
  if (encoding[0] != '?' || !encoding[1] || !strchr("bB", encoding[1]) || encoding[2] != '?')
    return 0;
  *prefix = (gsize)(encoding + 3 - word);
  gsize n = strcspn(encoding + 3, "? \t");
  return encoding[3 + n] == '?' && encoding[4 + n] == '=' ? n : 0;
}

/* The bytes of the word and of the neighbours of its prefix. Returns what stands behind the last one. */
static const char *take_words(GByteArray *bytes, const char *word, gsize prefix) {
  const char *behind = word;
  for (const char *next = word; g_ascii_strncasecmp(next, word, prefix) == 0;) {
    gsize same, size, n = base64_word(next, &same);
    if (n == 0)
      break;
    g_autofree char *data = g_strndup(next + prefix, n);
    g_autofree guchar *decoded = g_base64_decode(data, &size);
    g_byte_array_append(bytes, decoded, (guint)size);
    behind = next + prefix + n + 2;
    next = behind + strspn(behind, " \t");
  }
  return behind;
}

/* GMime reads neighbours of one charset as one text, since some end within a character, but none behind one whose
 * base64 ends with "=": such neighbours are made one word. */
static char *join_words(const char *text) {
  GString *joined = g_string_new(NULL);
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  for (const char *word; (word = strstr(text, "=?"));) {
    gsize prefix, n = base64_word(word, &prefix);
    g_string_append_len(joined, text, word + (n ? prefix : 2) - text);
    text = word + 2;
    if (n == 0)
      continue;
    g_byte_array_set_size(bytes, 0);
    text = take_words(bytes, word, prefix);
    g_autofree char *encoded = g_base64_encode(bytes->data, bytes->len);
    g_string_append_printf(joined, "%s?=", encoded);
  }
  g_string_append(joined, text);
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

  g_autofree char *words = g_strndup(utf8, length);
  g_autofree char *encoded = strstr(words, "=?= ") ? join_words(words) : g_steal_pointer(&words);
  g_autofree char *decoded = bp_gmime()->decode_words(encoded);
  g_autofree char *valid = g_utf8_make_valid(decoded, -1);
  return clean(bp_arena_strdup(arena, valid));
}
