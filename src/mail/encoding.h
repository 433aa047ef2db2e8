/* encoding.h - transfer encodings (RFC 2045 section 6) */
#pragma once

#include <glib.h>

/* Those that leave the bytes as they are (7bit, 8bit, binary, and all that nobody knows) are one. */
typedef enum { BP_ENCODING_NONE, BP_ENCODING_BASE64, BP_ENCODING_QUOTED_PRINTABLE, BP_ENCODING_UUENCODE } BpEncoding;

/* The one that a Content-Transfer-Encoding field names; the value may be NULL. */
BpEncoding bp_encoding_of(const char *value);

/* Appends what the bytes encode to out until that has limit bytes or more; FALSE where something was left. */
gboolean bp_encoding_decode(BpEncoding encoding, const char *bytes, gsize length, gsize limit, GString *out);
