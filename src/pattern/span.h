/* span.h - how many bytes a match of a pattern has */
#pragma once

#include "pattern/regex.h"

/* A number of bytes: least and most, BP_REPEAT_MAX for no limit. */
typedef struct {
  guint32 least, most;
} BpSpan;

/* Of the text that a node matches, in UTF-8. */
BpSpan bp_span_of(const BpRegexTree *tree, const BpRegex *node);

/* Of one and then the other. */
BpSpan bp_span_add(BpSpan a, BpSpan b);

/* Of one or the other. */
BpSpan bp_span_join(BpSpan a, BpSpan b);
