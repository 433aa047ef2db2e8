/* gmime.h - what is left to GMime: all that is not written as the RFCs have it
 *
 * GMime brings ten libraries, whose linking makes a start three times as long, and most bounces need none of it: it is
 * in a module that is loaded when a message first does. */
#pragma once

#include "mail/encoding.h"

/* What a Content-Type field says. Free the texts with g_free(); NULL where they are absent. */
typedef struct {
  char *type; /* "text/plain" as it is written */
  char *boundary, *charset, *report_type;
} BpLooseType;

typedef struct {
  /* The words of RFC 2047 in UTF-8 text made plain, perhaps not in valid UTF-8; free it with g_free(). */
  char *(*decode_words)(const char *text);
  void (*read_type)(const char *value, BpLooseType *type);
  /* FALSE where value is no date; else *time is in seconds since 1970. */
  gboolean (*read_date)(const char *value, gint64 *time);
  /* See bp_encoding_decode(). */
  gboolean (*decode)(BpEncoding encoding, const char *bytes, gsize length, gsize limit, GString *out);
} BpGMime;

/* FALSE with BOUNCEPARSE_ERROR_MODULE where there is no such module. */
gboolean bp_gmime_is_installed(GError **error);

/* Loads it at first use. Where that fails, texts stay as they are written. */
const BpGMime *bp_gmime(void);
