/* charset.h - bytes in any charset, rightly or wrongly labelled, as UTF-8 */
#pragma once

#include <glib.h>

/* The text of length bytes in charset as valid UTF-8 without NUL: bytes itself where it is that already, else
 * scratch->str (scratch is emptied first). What cannot be converted becomes U+FFFD. charset may be NULL, unknown or
 * wrong: then it is UTF-8 if the bytes are valid, ISO-2022-JP if they have its escapes, else a charset of another
 * script than the Latin one if they look like it, else Windows-1252. At most about limit bytes of UTF-8 are made. */
const char *bp_charset_decode(const char *charset, const char *bytes, gsize length, gsize limit, GString *scratch,
                              gsize *utf8_length);

gboolean bp_is_ascii(const char *bytes, gsize length);
