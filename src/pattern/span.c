/* span.c - how many bytes a match of a pattern has */
#include "pattern/span.h"

#define BEYOND_MOST 4 /* bytes of a character */

static guint32 add(guint32 a, guint32 b) {
  return a > BP_REPEAT_MAX - b ? BP_REPEAT_MAX : a + b;
}

static guint32 multiply(guint32 a, guint32 times) {
  guint64 all = (guint64)a * times;
  return all > BP_REPEAT_MAX ? BP_REPEAT_MAX : (guint32)all;
}

BpSpan bp_span_add(BpSpan a, BpSpan b) {
  return (BpSpan){add(a.least, b.least), add(a.most, b.most)};
}

BpSpan bp_span_join(BpSpan a, BpSpan b) {
  return (BpSpan){MIN(a.least, b.least), MAX(a.most, b.most)};
}

/* Two letters of ASCII have a case beyond it that is longer: the long s and the Kelvin sign. */
static BpSpan span_of_text(const char *text, const BpRegex *n) {
  BpSpan span = {n->length, n->length};
  for (guint32 i = 0; i < n->length && !n->exact; i++)
    span.most += text[i] == 's' ? 1 : text[i] == 'k' ? 2 : 0;
  return span;
}

static BpSpan span_of_set(const BpCharset *set) {
  gboolean ascii = set->ascii[0] || set->ascii[1] || set->ascii[2] || set->ascii[3];
  return (BpSpan){ascii ? 1 : 2, set->inverted || set->n ? BEYOND_MOST : 1};
}

static BpSpan span_of_ways(const BpRegexTree *tree, const BpRegex *choice) {
  BpSpan span = bp_span_of(tree, choice->part);
  for (const BpRegex *way = choice->part->next; way; way = way->next)
    span = bp_span_join(span, bp_span_of(tree, way));
  return span;
}

BpSpan bp_span_of(const BpRegexTree *tree, const BpRegex *n) {
  BpSpan span = {0, 0};
  switch (n->kind) {
  case BP_REGEX_TEXT:
    return span_of_text(tree->text->str + n->text, n);
  case BP_REGEX_SET:
    return span_of_set(&n->set);
  case BP_REGEX_CHOICE:
    return span_of_ways(tree, n);
  case BP_REGEX_REPEAT:
    span = bp_span_of(tree, n->part);
    return (BpSpan){multiply(span.least, n->min), multiply(span.most, n->max)};
  case BP_REGEX_LOOK:
  case BP_REGEX_PLACE:
    return span;
  default:
    for (const BpRegex *part = n->part; part; part = part->next)
      span = bp_span_add(span, bp_span_of(tree, part));
    return span;
  }
}
