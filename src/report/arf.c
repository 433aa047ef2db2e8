/* arf.c - feedback reports (RFC 5965) */
#include "report/address.h"
#include "report/reading.h"

#include <string.h>

#define GROUPS 8 /* of fields in a text: those of the report, of its parts, of the reported message */

static void add(BpReading *r, const char *value) {
  const char *address = bp_address_of(r->arena, value, FALSE);
  if (*address)
    bp_recipient_add(r, address, BP_ACTION_COMPLAINT);
}

/* Who complained, by the fields that say so, the surest first; else whom the reported message was for. */
static void add_recipients(BpReading *r, const BpFields *fields) {
  static const char *const names[] = {"Original-Rcpt-To", "Removal-Recipient", "Redacted-Address"};
  for (guint i = 0; i < G_N_ELEMENTS(names) && r->report->recipients->len == 0; i++) {
    guint at = 0;
    for (const char *value; (value = bp_fields_next(fields, names[i], &at));)
      add(r, value);
  }
}

static void add_original_recipient(BpReading *r) {
  guint at = 0;
  for (BpPart *part; (part = bp_next_part(r, &at));)
    if (part->kind == BP_PART_MESSAGE || part->kind == BP_PART_HEADERS) {
      const char *to = bp_fields_get(&part->headers, "To");
      if (to)
        add(r, to);
      break;
    }
  if (r->report->recipients->len == 0 && r->report->original.to)
    add(r, r->report->original.to);
  if (r->report->recipients->len == 0)
    bp_recipient_add(r, "", BP_ACTION_COMPLAINT);
}

static void read_fields(BpReading *r, const BpFields *fields) {
  BpReport *report = r->report;
  const char *type = bp_fields_get(fields, "Feedback-Type"), *ip = bp_fields_get(fields, "Source-IP"),
             *host = bp_fields_get(fields, "Reporting-MTA"), *agent = bp_fields_get(fields, "User-Agent"),
             *from = bp_fields_get(fields, "Original-Mail-From"), *date = bp_fields_get(fields, "Arrival-Date"),
             *envelope = bp_fields_get(fields, "Original-Envelope-Id"), *unused = NULL;
  if (type && !report->feedback_type) {
    g_autofree char *lower = g_ascii_strdown(type, (gssize)strcspn(type, " \t;("));
    report->feedback_type = bp_arena_strdup(r->arena, lower);
  }
  if (ip && !report->feedback_source_ip)
    report->feedback_source_ip = bp_arena_strndup(r->arena, ip, strcspn(ip, " \t("));
  if (host)
    bp_host_of(r->arena, host, &report->reporter_host, &unused);
  if (agent && !report->reporter_software)
    report->reporter_software = agent;
  if (from && !report->original.envelope_from && *bp_address_of(r->arena, from, FALSE))
    report->original.envelope_from = bp_address_of(r->arena, from, FALSE);
  if (envelope && !report->original.envelope_id)
    report->original.envelope_id = envelope;
  if (report->arrival_date == BP_NO_TIME)
    report->arrival_date = bp_date_of(date ? date : bp_fields_get(fields, "Received-Date"));
  add_recipients(r, fields);
}

/* The fields in a text that is said to hold a report, but whose parts could not be told apart. */
static gboolean read_text(BpReading *r) {
  const char *type = bp_fields_get(r->headers, "Content-Type");
  guint at = 0, n;
  if (!type || !strcasestr(type, "feedback-report"))
    return FALSE;
  for (BpPart *part; (part = bp_next_part(r, &at));) {
    const char *text = part->kind == BP_PART_TEXT ? bp_mail_text(r->mail, part, NULL) : "",
               *begin = strcasestr(text, "\nFeedback-Type:");
    if (!begin)
      continue;
    while (begin > text && !(begin[0] == '\n' && begin[-1] == '\n'))
      begin--;
    BpFields *groups = bp_fields_parse(r->arena, begin, strlen(begin), r->options->limits, &n);
    for (guint i = 0; i < MIN(n, GROUPS); i++) {
      read_fields(r, &groups[i]);
      const char *to = i ? bp_fields_get(&groups[i], "To") : NULL;
      if (to && r->report->recipients->len == 0)
        add(r, to);
    }
    return TRUE;
  }
  return FALSE;
}

static gboolean read_parts(BpReading *r) {
  guint at = 0;
  gboolean found = FALSE;
  for (BpPart *part; (part = bp_next_part(r, &at));)
    if (part->kind == BP_PART_FEEDBACK) {
      found = TRUE;
      for (guint j = 0; j < part->n_groups; j++)
        read_fields(r, &part->groups[j]);
    }
  return found;
}

gboolean bp_read_arf(BpReading *r) {
  if (!read_parts(r) && !read_text(r))
    return FALSE;
  r->report->kind = BP_KIND_COMPLAINT;
  r->report->layout = "arf";
  if (r->report->recipients->len == 0)
    add_original_recipient(r);
  return TRUE;
}
