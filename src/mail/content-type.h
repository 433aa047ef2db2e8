/* content-type.h - what a Content-Type field says (RFC 2045 section 5.1) */
#pragma once

#include "base/arena.h"

/* Texts of the arena; parameters are NULL where they are absent. */
typedef struct {
  const char *type;        /* "text/plain", in lower case */
  const char *media, *sub; /* "text", "plain" */
  const char *boundary, *charset;
  const char *report_type; /* in lower case */
} BpContentType;

/* FALSE where the value names no type. */
gboolean bp_content_type_parse(BpArena *arena, const char *value, BpContentType *type);
