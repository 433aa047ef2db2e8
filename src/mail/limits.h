/* limits.h - the bytes of a message that GMime may see, and the headers that it need not */
#pragma once

#include "mail/mail.h"

/* The only field of a message's header that GMime sees beside Content- fields: its index in headers. */
#define BP_NUMBER_FIELD "X-Number"

typedef struct {
  char *bytes; /* for GMime */
  gsize length;
  GArray *headers;       /* of BpFields: the message's own, then those of messages within */
  const char *from_line; /* what stands behind a leading "From ", or NULL; not NUL-terminated */
  gsize from_length;
  guint truncated; /* of BpTruncated */
} BpView;

/* Goes once over the bytes and keeps the limits: GMime is given no more fields, parts and levels than they allow, no
 * bodies that nobody reads, only well-formed header lines, and LF or CRLF line ends. Fields are read into arena. FALSE
 * where the first 64 KiB hold nothing like a header field. Clear view with bp_view_clear(). */
gboolean bp_view_prepare(BpView *view, BpArena *arena, const char *bytes, gsize length, const BpLimits *limits);
void bp_view_clear(BpView *view);
