/* kinds.c - auto-replies, challenges and receipts: by patterns/kinds.conf, then by RFC 3834 */
#include "report/address.h"
#include "report/reading.h"

#include <string.h>

static BpKind kind_called(const char *name) {
  static const struct {
    const char *name;
    BpKind kind;
  } kinds[] = {{"auto-reply", BP_KIND_AUTO_REPLY},
               {"challenge", BP_KIND_CHALLENGE},
               {"receipt", BP_KIND_RECEIPT},
               {"complaint", BP_KIND_COMPLAINT},
               {"other", BP_KIND_OTHER}};
  for (guint i = 0; name && i < G_N_ELEMENTS(kinds); i++)
    if (g_str_equal(kinds[i].name, name))
      return kinds[i].kind;
  return BP_KIND_OTHER;
}

static gboolean is_first(const BpReading *r, const BpGroupRecord *group) {
  return g_strcmp0(bp_group_value(r->tables, group, "first"), "true") == 0;
}

/* A program that may write of a message that it did not take, too. */
static gboolean is_other_by_header(const BpReading *r, const BpGroupRecord *group) {
  return kind_called(bp_group_value(r->tables, group, "kind")) == BP_KIND_OTHER &&
         !bp_group_value(r->tables, group, "body");
}

gboolean bp_read_kinds_first(BpReading *r) {
  guint at = 0;
  for (const BpGroupRecord *g; (g = bp_recognise(r, BP_FILE_KINDS, &at));)
    if (is_first(r, g) && !(is_other_by_header(r, g) && bp_gives_back(r))) {
      r->report->kind = kind_called(bp_group_value(r->tables, g, "kind"));
      return TRUE;
    }
  return FALSE;
}

/* A feedback report of old: a field of the reported message tells who complained. */
static void add_complainant(BpReading *r, const char *name) {
  guint at = 0;
  for (BpPart *part; name && (part = bp_next_part(r, &at));) {
    const char *value = part->kind == BP_PART_MESSAGE ? bp_fields_get(&part->headers, name) : NULL;
    const char *address = value ? bp_address_of(r->arena, value, FALSE) : "";
    if (*address)
      bp_recipient_add(r, address, BP_ACTION_COMPLAINT);
  }
}

/* Posts and answers may speak of automatic replies: their words prove none, their subject only where a program wrote
 * it. */
static gboolean may_be(BpReading *r, const BpGroupRecord *group) {
  BpKind kind = kind_called(bp_group_value(r->tables, group, "kind"));
  gboolean words = bp_group_value(r->tables, group, "body") != NULL;
  if (is_other_by_header(r, group) && bp_gives_back(r))
    return FALSE;
  if (kind == BP_KIND_RECEIPT && !bp_speaks_of_mail(r, r->text))
    return FALSE; /* a book may have been read, too */
  if (kind != BP_KIND_AUTO_REPLY && kind != BP_KIND_CHALLENGE)
    return !bp_group_value(r->tables, group, "yields") || !bp_calls_itself_bounce(r);
  if (bp_is_delivery_report(r) || (words && bp_is_plain_bounce(r)))
    return FALSE;
  if (kind == BP_KIND_CHALLENGE && bp_may_be_by_hand(r))
    return FALSE; /* who uses such a program may write of it */
  if (bp_group_value(r->tables, group, "header"))
    return !words || !(bp_is_post(r) || bp_may_be_by_hand(r));
  return !bp_may_be_by_hand(r);
}

/* RFC 3834 section 5: "auto-replied" is an answer to one message; "auto-generated" may be any notification. */
gboolean bp_read_auto_submitted(BpReading *r) {
  const char *value = bp_fields_get(r->headers, "Auto-Submitted");
  if (!value || g_ascii_strncasecmp(value, "auto-replied", 12) != 0)
    return FALSE;
  r->report->kind = BP_KIND_AUTO_REPLY;
  return TRUE;
}

/* The next kind from *at on that the message may be. */
static const BpGroupRecord *next_kind(BpReading *r, guint *at) {
  const BpGroupRecord *g;
  while ((g = bp_recognise(r, BP_FILE_KINDS, at)) && !may_be(r, g))
    ;
  return g;
}

/* What else it looks like, an automatic reply is one. */
static const BpGroupRecord *find_kind(BpReading *r) {
  guint at = 0;
  const BpGroupRecord *first = next_kind(r, &at);
  if (!first || kind_called(bp_group_value(r->tables, first, "kind")) != BP_KIND_OTHER)
    return first;
  for (const BpGroupRecord *g; (g = next_kind(r, &at));)
    if (kind_called(bp_group_value(r->tables, g, "kind")) == BP_KIND_AUTO_REPLY)
      return g;
  return first;
}

gboolean bp_read_kinds(BpReading *r) {
  const BpGroupRecord *g = find_kind(r);
  if (!g)
    return FALSE;
  r->report->kind = kind_called(bp_group_value(r->tables, g, "kind"));
  if (r->report->kind == BP_KIND_COMPLAINT)
    add_complainant(r, bp_group_value(r->tables, g, "recipient-header"));
  if (r->report->kind == BP_KIND_OTHER)
    bp_read_auto_submitted(r);
  return TRUE;
}
