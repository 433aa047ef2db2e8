/* text.h - an answer as a person wants to read it */
#pragma once

#include <bounceparse/bounceparse.h>

typedef struct {
  guint width;     /* columns */
  gboolean colour; /* SGR sequences may be used */
  gboolean brief;  /* no meanings, no steps */
} BpTextStyle;

/* Appends a block for each recipient, or one line where the message is no report. Nothing that comes from the mail can
 * act on a terminal. Labels are in the language that gettext is set to. */
void bp_answer_to_text(const BounceparseAnswer *answer, const BpTextStyle *style, GString *out);

/* Appends the line that stands above one of several messages; index is -1 outside an mbox. */
void bp_heading_to_text(const char *source, gint64 index, const BpTextStyle *style, GString *out);
