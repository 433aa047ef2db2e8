/* encoding.c - transfer encodings (RFC 2045 section 6) */
#include "mail/encoding.h"

#include "mail/gmime.h"

#include <string.h>

BpEncoding bp_encoding_of(const char *value) {
  static const struct {
    const char *name;
    BpEncoding encoding;
  } names[] = {{"base64", BP_ENCODING_BASE64},
               {"quoted-printable", BP_ENCODING_QUOTED_PRINTABLE},
               {"uuencode", BP_ENCODING_UUENCODE},
               {"x-uuencode", BP_ENCODING_UUENCODE},
               {"x-uue", BP_ENCODING_UUENCODE}};
  static const char blanks[] = " \t\r\n";
  const char *name = value ? value + strspn(value, blanks) : "";
  gsize length = strcspn(name, blanks);
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (strlen(names[i].name) == length && g_ascii_strncasecmp(names[i].name, name, length) == 0)
      return names[i].encoding;
  return BP_ENCODING_NONE;
}

/* Where uuencoded data begins: behind the line "begin MODE NAME". */
static gsize uuencoded_from(const char *bytes, gsize length) {
  const char *end = bytes + length;
  for (const char *line = bytes; line; line = memchr(line, '\n', end - line)) {
    line += line < end && *line == '\n';
    if (end - line > 6 && memcmp(line, "begin ", 6) == 0) {
      const char *newline = memchr(line, '\n', end - line);
      return (newline ? newline : end) - bytes;
    }
  }
  return 0;
}

gboolean bp_encoding_decode(BpEncoding encoding, const char *bytes, gsize length, gsize limit, GString *out) {
  gsize from = encoding == BP_ENCODING_UUENCODE ? uuencoded_from(bytes, length) : 0;
  return bp_gmime()->decode(encoding, bytes + from, length - from, limit, out);
}
