/* mdn.c - message disposition notifications (RFC 8098) */
#include "report/address.h"
#include "report/reading.h"

#include <string.h>

/* "manual-action/MDN-sent-manually; displayed": the type behind the semicolon, without modifiers. */
static BpAction action_of(const char *disposition) {
  const char *type = disposition ? strchr(disposition, ';') : NULL;
  type = type ? type + 1 + strspn(type + 1, " \t") : "";
  if (g_ascii_strncasecmp(type, "deleted", 7) == 0)
    return BP_ACTION_DELETED;
  if (g_ascii_strncasecmp(type, "denied", 6) == 0)
    return BP_ACTION_DENIED;
  if (g_ascii_strncasecmp(type, "failed", 6) == 0)
    return BP_ACTION_FAILED;
  return BP_ACTION_DISPLAYED; /* "processed" and "dispatched" of RFC 2298 too */
}

static void read_fields(BpReading *r, const BpFields *fields) {
  BpReport *report = r->report;
  const char *final = bp_fields_get(fields, "Final-Recipient"), *original = bp_fields_get(fields, "Original-Recipient"),
             *id = bp_fields_get(fields, "Original-Message-ID"), *agent = bp_fields_get(fields, "Reporting-UA");
  const char *address = bp_address_of(r->arena, final ? final : original, TRUE);
  BpRecipient *recipient = bp_recipient_add(r, address, action_of(bp_fields_get(fields, "Disposition")));
  const char *first = original ? bp_address_of(r->arena, original, FALSE) : "";
  if (*first && !bp_address_same(first, address))
    recipient->original_address = first;
  if (id && !report->original.message_id) {
    const char *inner = id + strspn(id, "< ");
    report->original.message_id = bp_arena_strndup(r->arena, inner, strcspn(inner, "> "));
  }
  if (agent && !report->reporter_software)
    report->reporter_software = agent;
}

gboolean bp_read_mdn(BpReading *r) {
  guint at = 0;
  for (BpPart *part; (part = bp_next_part(r, &at));)
    if (part->kind == BP_PART_DISPOSITION)
      for (guint i = 0; i < part->n_groups; i++)
        if (bp_fields_get(&part->groups[i], "Disposition") || bp_fields_get(&part->groups[i], "Final-Recipient"))
          read_fields(r, &part->groups[i]);
  if (r->report->recipients->len == 0)
    return FALSE;
  r->report->kind = BP_KIND_RECEIPT;
  r->report->layout = "mdn";
  return TRUE;
}
