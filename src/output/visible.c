/* visible.c - text from outside, made safe to show on a terminal */
#include "output/visible.h"

#include <string.h>

/* Characters that change what a terminal does or in which order it shows text. */
static gboolean is_active(gunichar c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void bp_append_visible(GString *out, const char *text, gssize length) {
  const char *end = text + (length < 0 ? strlen(text) : (gsize)length);
  while (text < end) {
    gunichar c = g_utf8_get_char_validated(text, end - text);
    gsize n = c < 0x110000 ? g_utf8_skip[(guchar)*text] : 1;
    if (c >= 0x110000)
      g_string_append_printf(out, "\\x%02x", (guchar)*text);
    else if (!is_active(c))
      g_string_append_len(out, text, (gssize)n);
    else
      g_string_append_printf(out, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
    text += n;
  }
}

guint bp_columns(const char *visible) {
  guint columns = 0;
  for (const char *p = visible; *p; p += g_utf8_skip[(guchar)*p]) {
    gunichar c = g_utf8_get_char(p);
    columns += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
  }
  return columns;
}
