/* stated.c - what the notification says of the message that came back, where it does not hold it */
#include "report/address.h"
#include "report/reading.h"

#define STATED_MAX 998 /* bytes of a value: RFC 5322 section 2.1.1, a line */

static const char *captured(const BpReading *r, const char *name) {
  return bp_captured(r->arena, r->matcher, r->text, name, STATED_MAX);
}

static void fill(const char **field, const char *value) {
  if (value && !*field)
    *field = value;
}

static void fill_address(BpReading *r, const char **field, const char *value) {
  const char *address = value ? bp_address_of(r->arena, value, FALSE) : "";
  if (*address)
    fill(field, address);
}

/* The first of each field that the text names: "Subject: Minutes of May". */
static BpOriginal find_stated(BpReading *r) {
  BpOriginal o = {.date = BP_NO_TIME};
  BpCandidates candidates = bp_matcher_candidates(r->matcher, BP_MATCH_STATED, r->text, r->length);
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;) {
    if (!bp_candidates_run(r->matcher, &candidates, n))
      continue;
    fill(&o.message_id, captured(r, "message_id"));
    fill(&o.subject, captured(r, "subject"));
    fill_address(r, &o.from, captured(r, "from"));
    fill_address(r, &o.to, captured(r, "to"));
    if (o.date == BP_NO_TIME)
      o.date = bp_date_of(captured(r, "date"));
  }
  return o;
}

void bp_read_stated(BpReading *r) {
  BpOriginal *original = &r->report->original;
  if (original->message_id)
    return;
  if (!r->length)
    bp_find_text(r);
  bp_read_original(r);
  BpOriginal stated = find_stated(r);
  /* A sender, a recipient and a date alone may be those of anything. */
  if (!stated.message_id && !stated.subject)
    return;
  fill(&original->message_id, stated.message_id);
  fill(&original->subject, stated.subject);
  fill(&original->from, stated.from);
  fill(&original->to, stated.to);
  if (original->date == BP_NO_TIME)
    original->date = stated.date;
}
