/* text.h - a part's bytes as text */
#pragma once

#include "base/arena.h"
#include "mail/encoding.h"

/* A leaf's body as it stands in the message. */
typedef struct {
  const char *bytes;
  gsize length;
  BpEncoding encoding; /* as labelled */
  const char *charset; /* as labelled, or NULL */
} BpBody;

/* The body decoded: UTF-8 with LF line ends, NUL-terminated, at most limit bytes; lives in arena. *cut is set TRUE
 * where there was more. */
const char *bp_body_text(BpArena *arena, const BpBody *body, gsize limit, gsize *length, gboolean *cut);

/* Makes text of HTML: bp_html_to_text() or bp_html_strip(). */
typedef char *(*BpHtmlReader)(const char *html, gsize length, gsize limit, gsize *text_length);

/* The same for HTML: what a reader of it sees. */
const char *bp_body_html(BpArena *arena, const BpBody *body, BpHtmlReader read, gsize limit, gsize *length,
                         gboolean *cut);

/* TRUE where the bytes, whatever their label says, are lines of base64 and nothing else. */
gboolean bp_body_looks_base64(const BpBody *body);
