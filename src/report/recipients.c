/* recipients.c - the recipients of a report as they are found, one entry an address */
#include "report/address.h"
#include "report/reading.h"

#include <string.h>

/* Failed before delayed, relayed, expanded, delivered. */
static BpAction graver(BpAction a, BpAction b) {
  if (a == BP_ACTION_NONE || b == BP_ACTION_NONE)
    return MAX(a, b);
  return MIN(a, b);
}

BpRecipient *bp_recipient_add(BpReading *r, const char *address, BpAction action) {
  GPtrArray *all = r->report->recipients;
  for (guint i = 0; i < all->len; i++) {
    BpRecipient *known = g_ptr_array_index(all, i);
    if (bp_address_same(known->address, address)) {
      known->action = graver(known->action, action);
      return known;
    }
  }
  BpRecipient *recipient = bp_arena_alloc(r->arena, sizeof(BpRecipient));
  recipient->address = address;
  recipient->action = action;
  recipient->will_retry_until = recipient->last_attempt = BP_NO_TIME;
  if (all->len >= r->options->limits->recipients)
    r->report->truncated |= BP_TRUNCATED_RECIPIENTS;
  else
    g_ptr_array_add(all, recipient);
  return recipient;
}

gboolean bp_is_stranger(const BpReading *r, const char *address) {
  if (bp_address_is_system(address))
    return TRUE;
  for (guint i = 0; i < r->strangers->len; i++)
    if (bp_address_same(address, g_ptr_array_index(r->strangers, i)))
      return TRUE;
  return FALSE;
}

/* The more specific of two statuses; the first at equal rank. */
static BpStatus better_status(BpStatus a, BpStatus b) {
  if (!a.class)
    return b;
  return !bp_status_specific(a) && bp_status_specific(b) ? b : a;
}

/* A reply cut out of what quotes it, without a mark that closes the quotation. */
static const char *cut_out(BpArena *arena, const char *reply) {
  static const char *const pairs[] = {"<>", "()", "[]", "\"\""};
  gsize n = strlen(reply);
  for (guint i = 0; n && i < G_N_ELEMENTS(pairs); i++) {
    const char *open = strchr(reply, pairs[i][0]);
    if (reply[n - 1] == pairs[i][1] && (!open || open == reply + n - 1))
      return bp_arena_strndup(arena, reply, n - 1);
  }
  return reply;
}

void bp_recipient_reply(BpReading *r, BpRecipient *recipient, const char *text, gsize length) {
  BpReply reply;
  BpStatus stated = {0, 0, 0};
  bp_reply_parse(r->arena, text, length, &reply);
  if (*reply.text && (!recipient->diagnostic || !*recipient->diagnostic))
    recipient->diagnostic = reply.at ? cut_out(r->arena, reply.text + reply.at) : reply.text;
  if (!recipient->code && reply.code >= 200)
    recipient->code = bp_arena_printf(r->arena, "%u", reply.code);
  if (recipient->status)
    bp_status_read(recipient->status, &stated);
  stated = better_status(reply.status, stated);
  if (stated.class)
    recipient->status = bp_status_text(r->arena, stated);
}

static const char *captured(const BpReading *r, const char *text, const char *name) {
  gsize from, to;
  if (!bp_matcher_group(r->matcher, name, &from, &to) || from == to)
    return NULL;
  return bp_one_line(r->arena, text + from, to - from, BP_REPLY_MAX);
}

const char *bp_command_of(const char *stated) {
  static const char *const names[] = {"RCPT TO", "MAIL FROM", "DATA", "EHLO", "HELO",   "STARTTLS",
                                      "AUTH",    "QUIT",      "RSET", "BDAT", "CONNECT"};
  static const struct {
    const char *words, *name;
  } words[] = {{"end of", "DATA"},      {"message body", "DATA"}, {"message content", "DATA"},
               {"greeting", "CONNECT"}, {"initial", "CONNECT"},   {"connect", "CONNECT"},
               {"rcpt", "RCPT TO"},     {"recipient", "RCPT TO"}, {"sender", "MAIL FROM"},
               {"mail", "MAIL FROM"},   {"LHLO", "HELO"}};
  for (guint i = 0; i < G_N_ELEMENTS(names); i++)
    if (g_ascii_strncasecmp(stated, names[i], strlen(names[i])) == 0)
      return names[i];
  g_autofree char *lower = g_ascii_strdown(stated, -1);
  for (guint i = 0; i < G_N_ELEMENTS(words); i++)
    if (strstr(lower, words[i].words))
      return words[i].name;
  return NULL;
}

void bp_recipient_context(BpReading *r, BpRecipient *recipient, const char *text, gsize length) {
  BpCandidates candidates = bp_matcher_candidates(r->matcher, BP_MATCH_CONTEXT, text, length);
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;) {
    if (!bp_matcher_run(r->matcher, n, text, length, 0))
      continue;
    const char *host = captured(r, text, "remote_host"), *ip = captured(r, text, "remote_ip"),
               *command = captured(r, text, "command");
    if (!recipient->remote_host && host)
      bp_host_of(r->arena, host, &recipient->remote_host, &recipient->remote_ip);
    if (!recipient->remote_ip && ip)
      recipient->remote_ip = ip;
    if (!recipient->command && command)
      recipient->command = bp_command_of(command);
  }
}
