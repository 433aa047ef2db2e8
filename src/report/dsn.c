/* dsn.c - delivery status notifications (RFC 3464, RFC 6533) */
#include "report/address.h"
#include "report/reading.h"

#include <string.h>

#define VERBS_MAX 24 /* bytes of the commands that stand before a reply */

/* The fields of one recipient while they are read. A group may be torn by empty lines, or several may stand without
 * one. */
typedef struct {
  const char *final, *original, *action, *status, *diagnostic, *remote, *log_id, *retry, *attempt, *extra;
  gboolean coded; /* diagnostic quotes a reply code */
} Group;

static gboolean named(const BpField *field, const char *name) {
  return g_ascii_strcasecmp(field->name, name) == 0;
}

static BpAction action_of(const BpReading *r, const Group *g) {
  static const struct {
    const char *word;
    BpAction action;
  } actions[] = {{"fail", BP_ACTION_FAILED},   {"delay", BP_ACTION_DELAYED},   {"deliver", BP_ACTION_DELIVERED},
                 {"relay", BP_ACTION_RELAYED}, {"expand", BP_ACTION_EXPANDED}, {"expire", BP_ACTION_FAILED},
                 {"error", BP_ACTION_FAILED},  {"bounce", BP_ACTION_FAILED},   {"defer", BP_ACTION_DELAYED}};
  for (guint i = 0; g->action && i < G_N_ELEMENTS(actions); i++)
    if (g_ascii_strncasecmp(g->action, actions[i].word, strlen(actions[i].word)) == 0)
      return actions[i].action;
  return g->status && *g->status == '2' ? BP_ACTION_DELIVERED : BP_ACTION_FAILED;
}

/* "smtp; 550 5.1.1 …": the type, lower case, and the text behind it. */
static const char *split_type(BpReading *r, const char *value, const char **type) {
  const char *semicolon = strchr(value, ';');
  gsize n = semicolon ? (gsize)(semicolon - value) : 0;
  while (n && value[n - 1] == ' ')
    n--;
  if (n == 0 || n > 32 || memchr(value, ' ', n)) {
    *type = NULL;
    return value;
  }
  g_autofree char *lower = g_ascii_strdown(value, (gssize)n);
  *type = bp_arena_strdup(r->arena, lower);
  return semicolon + 1 + strspn(semicolon + 1, " \t");
}

static gboolean says_more(const char *value, const Group *g) {
  return !g->diagnostic || (!g->coded && bp_code_find(value, NULL)) ||
         (strnlen(g->diagnostic, 5) < 5 && strlen(value) > 5);
}

/* The recipient a group names: a final one with a domain, else the original one, else whatever stands there. */
static const char *group_address(BpReading *r, const Group *g) {
  const char *address = g->final ? bp_address_of(r->arena, g->final, FALSE) : "";
  if (!*address && g->original)
    address = bp_address_of(r->arena, g->original, FALSE);
  if (!*address && g->final)
    address = bp_address_of(r->arena, g->final, TRUE);
  return address;
}

static void set_original(BpReading *r, BpRecipient *recipient, const Group *g) {
  if (!g->original || recipient->original_address)
    return;
  const char *original = bp_address_of(r->arena, g->original, FALSE);
  if (*original && !bp_address_same(original, recipient->address))
    recipient->original_address = original;
}

static void set_status(BpReading *r, BpRecipient *recipient, const Group *g) {
  BpStatus status, known = {0, 0, 0};
  if (!g->status || recipient->dsn_status)
    return;
  gsize n = strcspn(g->status, " \t(;");
  recipient->dsn_status = bp_arena_strndup(r->arena, g->status, n);
  const char *open = strchr(g->status, '('), *close = open ? strrchr(open, ')') : NULL;
  if (close && close > open + 1)
    recipient->comment = bp_one_line(r->arena, open + 1, (gsize)(close - open) - 1, BP_REPLY_MAX);
  if (recipient->status)
    bp_status_read(recipient->status, &known);
  if (bp_status_find(g->status, &status) && !bp_status_specific(known))
    recipient->status = bp_status_text(r->arena, status);
}

/* "RCPT 550 no such user": some name the command before the reply that it got. Where the reply begins. */
static const char *behind_verb(const char *text) {
  static const char *const verbs[] = {"EHLO", "HELO", "MAIL", "RCPT", "DATA", "BDAT", "AUTH", "STARTTLS"};
  for (guint i = 0; i < G_N_ELEMENTS(verbs); i++)
    if (g_str_has_prefix(text, verbs[i])) {
      const char *code = strpbrk(text, "0123456789");
      if (code && code - text <= VERBS_MAX && code[-1] == ' ' && bp_code_find(code, NULL))
        return code;
    }
  return text;
}

static void take_diagnostic(BpReading *r, BpRecipient *recipient, const char *value) {
  const char *text = split_type(r, value, &recipient->diagnostic_type);
  const char *reply = bp_code_find(text, NULL) ? text : behind_verb(text);
  bp_recipient_reply(r, recipient, reply, strlen(reply));
  bp_recipient_context(r, recipient, text, strlen(text));
}

/* "Status: 550": some put the reply code where the status belongs. */
static const char *code_for_status(BpReading *r, const Group *g) {
  gsize n = g->status ? strcspn(g->status, " \t(;") : 0, at;
  if (n != 3 || bp_code_find(g->status, &at) == 0 || at != 0)
    return NULL;
  return bp_arena_strndup(r->arena, g->status, n);
}

static void take_group(BpReading *r, BpRecipient *recipient, Group group) {
  set_status(r, recipient, &group);
  if (group.remote)
    bp_host_of(r->arena, group.remote, &recipient->remote_host, &recipient->remote_ip);
  if (group.extra && !group.diagnostic)
    group.diagnostic = group.extra;
  if (!group.diagnostic && recipient->comment && bp_code_find(recipient->comment, NULL))
    group.diagnostic = recipient->comment;
  if (group.diagnostic && !recipient->diagnostic)
    take_diagnostic(r, recipient, group.diagnostic);
  if (!recipient->code)
    recipient->code = code_for_status(r, &group);
  if (!recipient->log_id)
    recipient->log_id = group.log_id;
  if (recipient->will_retry_until == BP_NO_TIME)
    recipient->will_retry_until = bp_date_of(group.retry);
  if (recipient->last_attempt == BP_NO_TIME)
    recipient->last_attempt = bp_date_of(group.attempt);
}

static void finish_group(BpReading *r, Group *g) {
  Group group = *g;
  *g = (Group){NULL};
  if (!group.final && !group.original)
    return;
  BpRecipient *recipient = bp_recipient_add(r, group_address(r, &group), action_of(r, &group));
  set_original(r, recipient, &group);
  take_group(r, recipient, group);
}

static void read_recipient_field(Group *g, const BpField *field) {
  const char *value = field->value;
  if (named(field, "Final-Recipient"))
    g->final = value;
  else if (named(field, "Original-Recipient"))
    g->original = value;
  else if (named(field, "Action") && !g->action)
    g->action = value;
  else if (named(field, "Status") && !g->status)
    g->status = value;
  else if (named(field, "Diagnostic-Code") && says_more(value, g)) {
    g->diagnostic = value;
    g->coded = bp_code_find(value, NULL) > 0;
  } else if (named(field, "Remote-MTA") && !g->remote)
    g->remote = value;
  else if (named(field, "Final-Log-ID") && !g->log_id)
    g->log_id = value;
  else if (named(field, "Will-Retry-Until") && !g->retry)
    g->retry = value;
  else if (named(field, "Last-Attempt-Date") && !g->attempt)
    g->attempt = value;
  else if (g_ascii_strncasecmp(field->name, "X-", 2) == 0 && !g->extra && bp_code_find(value, NULL))
    g->extra = value;
}

static gboolean read_message_field(BpReading *r, const BpField *field) {
  BpReport *report = r->report;
  const char *ip = NULL;
  if (named(field, "Reporting-MTA") && !report->reporter_host)
    bp_host_of(r->arena, field->value, &report->reporter_host, &ip);
  else if (named(field, "Arrival-Date") && report->arrival_date == BP_NO_TIME)
    report->arrival_date = bp_date_of(field->value);
  else if (named(field, "Original-Envelope-Id") && !report->original.envelope_id)
    report->original.envelope_id = bp_one_line(r->arena, field->value, strlen(field->value), BP_REPLY_MAX);
  else if ((named(field, "X-Postfix-Sender") || named(field, "X-Sender")) && !report->original.envelope_from) {
    const char *from = bp_address_of(r->arena, field->value, FALSE);
    report->original.envelope_from = *from ? from : NULL;
  } else {
    return FALSE;
  }
  return TRUE;
}

/* A group with a recipient of its own begins another; so does, within a group, a recipient that is named a second time.
 */
static gboolean begins_another(const Group *g, const BpField *field, const BpFields *fields, guint n) {
  if (!g->final && !g->original)
    return FALSE;
  if (n == 0 && g->final && bp_fields_get(fields, "Final-Recipient"))
    return TRUE;
  return (named(field, "Final-Recipient") && g->final) || (named(field, "Original-Recipient") && g->original);
}

static void read_groups(BpReading *r, const BpFields *groups, guint n_groups) {
  Group group = {NULL};
  for (guint i = 0; i < n_groups; i++)
    for (guint j = 0; j < groups[i].n_fields; j++) {
      const BpField *field = &groups[i].fields[j];
      if (begins_another(&group, field, &groups[i], j))
        finish_group(r, &group);
      if (!read_message_field(r, field))
        read_recipient_field(&group, field);
    }
  finish_group(r, &group);
}

static gboolean finish(BpReading *r) {
  if (r->report->recipients->len == 0)
    return FALSE;
  r->report->kind = bp_kind_of_actions(r->report);
  r->report->layout = "dsn";
  return TRUE;
}

gboolean bp_read_dsn(BpReading *r) {
  guint at = 0;
  for (BpPart *part; (part = bp_next_part(r, &at));)
    if (part->kind == BP_PART_STATUS)
      read_groups(r, part->groups, part->n_groups);
  return finish(r);
}

/* The only group of a report that names no recipient: TRUE where there is one, and no more. */
static gboolean only_group(BpReading *r, Group *g) {
  guint at = 0, n = 0;
  for (BpPart *part; (part = bp_next_part(r, &at));)
    for (guint i = 0; part->kind == BP_PART_STATUS && i < part->n_groups; i++) {
      if (!bp_fields_get(&part->groups[i], "Action") && !bp_fields_get(&part->groups[i], "Status"))
        continue;
      if (n++ == 0)
        for (guint j = 0; j < part->groups[i].n_fields; j++)
          read_recipient_field(g, &part->groups[i].fields[j]);
    }
  return n == 1 && !*group_address(r, g);
}

void bp_fill_from_status(BpReading *r) {
  Group group = {NULL};
  if (r->report->recipients->len == 1 && only_group(r, &group)) {
    BpRecipient *only = g_ptr_array_index(r->report->recipients, 0);
    if (group.action)
      only->action = action_of(r, &group);
    if (group.coded && !only->code)
      only->diagnostic = NULL;
    take_group(r, only, group);
  }
}

/* The fields of a delivery status in running text, up to the returned message. */
static BpFields *pasted_groups(BpReading *r, const char *text, guint *n) {
  *n = 0;
  if (!strcasestr(text, "-Recipient:"))
    return NULL; /* as in most texts */
  const char *begin = strcasestr(text, "Reporting-MTA:"), *final = strcasestr(text, "Final-Recipient:"),
             *original = strcasestr(text, "Original-Recipient:");
  if (original && (!final || original < final))
    final = original;
  if (!final || (!strcasestr(text, "Action:") && !strcasestr(text, "Status:")))
    return NULL;
  if (!begin || begin > final) {
    /* Action and Status may stand before the recipient, in the same group. */
    for (begin = final; begin > text && !(begin[-1] == '\n' && begin > text + 1 && begin[-2] == '\n');)
      begin--;
  }
  return bp_fields_parse(r->arena, begin, strlen(begin), r->options->limits, n);
}

/* Some systems write the fields into the text, or say of the part that it is text, or label the whole message with the
 * part's type. */
gboolean bp_read_pasted_dsn(BpReading *r) {
  guint at = 0, n_groups;
  gsize length;
  for (BpPart *part; r->report->recipients->len == 0 && (part = bp_next_part(r, &at));)
    if (part->kind == BP_PART_TEXT || part->kind == BP_PART_HTML || part->kind == BP_PART_STATUS) {
      BpFields *groups = pasted_groups(r, bp_text_of(r, part, &length), &n_groups);
      read_groups(r, groups, n_groups);
    }
  return finish(r);
}
