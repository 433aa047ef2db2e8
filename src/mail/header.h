/* header.h - header fields as bytes: where a name ends, and what a value says */
#pragma once

#include "base/arena.h"

#define BP_FIELD_NAME_MAX 200 /* bytes; longer ones are no field (real ones have 40 at the most) */

/* The length of the field name at the beginning of line (length bytes), blanks behind it not counted; *value is set
 * behind the colon. 0 where the line is no field. */
gsize bp_field_name(const char *line, gsize length, gsize *value);

/* A field's value in one line: unfolded, RFC 2047 words decoded, valid UTF-8, without control characters and without
 * blanks at its ends. charset (may be NULL) is what raw 8-bit bytes are in if they are not UTF-8. Lives in arena. */
const char *bp_header_value(BpArena *arena, const char *raw, gsize length, const char *charset);
