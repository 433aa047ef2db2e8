/* gmime-module.c - what is left to GMime
 *
 * A module of its own: see gmime.h. */
#include "mail/gmime.h"

#include <gmime/gmime.h>
#include <gmodule.h>

#define PIECE 4096 /* bytes given to a transfer decoder at a time */

G_MODULE_EXPORT const char *g_module_check_init(GModule *module);
extern const BpGMime bp_gmime_table;

const char *g_module_check_init(GModule *module) {
  g_mime_init();
  return NULL;
}

static char *decode_words(const char *text) {
  return g_mime_utils_header_decode_text(NULL, text);
}

static void read_type(const char *value, BpLooseType *type) {
  GMimeContentType *t = g_mime_content_type_parse(NULL, value);
  *type = (BpLooseType){
      .type = g_strconcat(g_mime_content_type_get_media_type(t), "/", g_mime_content_type_get_media_subtype(t), NULL),
      .boundary = g_strdup(g_mime_content_type_get_parameter(t, "boundary")),
      .charset = g_strdup(g_mime_content_type_get_parameter(t, "charset")),
      .report_type = g_strdup(g_mime_content_type_get_parameter(t, "report-type"))};
  g_object_unref(t);
}

static gboolean read_date(const char *value, gint64 *time) {
  g_autoptr(GDateTime) date = g_mime_utils_header_decode_date(value);
  if (date)
    *time = g_date_time_to_unix(date);
  return date != NULL;
}

static gboolean decode(BpEncoding encoding, const char *bytes, gsize length, gsize limit, GString *out) {
  static const GMimeContentEncoding encodings[] = {
      [BP_ENCODING_NONE] = GMIME_CONTENT_ENCODING_8BIT,
      [BP_ENCODING_BASE64] = GMIME_CONTENT_ENCODING_BASE64,
      [BP_ENCODING_QUOTED_PRINTABLE] = GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE,
      [BP_ENCODING_UUENCODE] = GMIME_CONTENT_ENCODING_UUENCODE,
  };
  GMimeEncoding state;
  char buffer[PIECE * 2 + 64];
  g_mime_encoding_init_decode(&state, encodings[encoding]);
  for (gsize at = 0; at < length; at += PIECE) {
    if (out->len >= limit)
      return FALSE;
    gsize made = g_mime_encoding_step(&state, bytes + at, MIN(PIECE, length - at), buffer);
    g_string_append_len(out, buffer, (gssize)made);
  }
  return TRUE;
}

G_MODULE_EXPORT const BpGMime bp_gmime_table = {decode_words, read_type, read_date, decode};
