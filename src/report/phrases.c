/* phrases.c - the phrases of patterns/phrases.conf in a text */
#include "report/reading.h"

#include <string.h>

gboolean bp_any_phrase(BpReading *r, BpMatchDomain domain, const char *text) {
  if (!text)
    return FALSE;
  BpCandidates candidates = bp_matcher_candidates(r->matcher, domain, text, strlen(text));
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;)
    if (bp_candidates_run(r->matcher, &candidates, n))
      return TRUE;
  return FALSE;
}

static gboolean either_has(BpReading *r, BpMatchDomain domain, const char *text) {
  return bp_any_phrase(r, domain, text) || bp_any_phrase(r, domain, bp_fields_get(r->headers, "Subject"));
}

gboolean bp_tells_of(BpReading *r, BpMatchDomain domain) {
  return either_has(r, domain, r->text);
}

gboolean bp_speaks_of_mail(BpReading *r, const char *text) {
  return either_has(r, BP_MATCH_MAIL, text);
}
