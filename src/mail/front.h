/* front.h - where a message begins, and line ends that are not those of mail */
#pragma once

#include <glib.h>

typedef struct {
  const char *start;     /* of the header */
  gsize length;          /* from there on */
  const char *from_line; /* what stands behind a leading "From ", or NULL; not NUL-terminated */
  gsize from_length;
} BpFront;

/* Steps over what stands in front of the header: a byte order mark, empty lines, an mbox "From " line. FALSE where the
 * first 64 KiB hold nothing like a header field. */
gboolean bp_front_find(BpFront *front, const char *bytes, gsize length);

/* A copy with LF line ends of a text that has others, CR alone or CR CR LF; the first one tells. NULL where they are
 * those of mail. */
char *bp_front_with_lf(const char *text, gsize length, gsize *new_length);
