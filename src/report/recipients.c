/* recipients.c - the recipients of a report as they are found, one entry an address */
#include "report/address.h"
#include "report/reading.h"

#include <string.h>

#define MANY 16                       /* recipients from which on a table finds them */
#define REPLIES_MAX (4 * 1024 * 1024) /* bytes of all diagnostics together; */
#define SHORT_REPLY 256               /* those beyond are cut to so many */
#define BEFORE_MAX 1024               /* bytes of what announces a reply, the last ones */
#define CONTEXT_MAX 512               /* bytes of a host or a command */
#define FEW_WORDS 24                  /* bytes of a reply of which a bracket may say more: "Host unknown" */
#define SHORTENED_MIN 24              /* bytes of a reply before dots that stand for its middle */

/* Failed before delayed, relayed, expanded, delivered. */
static BpAction graver(BpAction a, BpAction b) {
  if (a == BP_ACTION_NONE || b == BP_ACTION_NONE)
    return MAX(a, b);
  return MIN(a, b);
}

BpRecipient *bp_recipient_find(const BpReading *r, const char *address) {
  const GPtrArray *all = r->report->recipients;
  if (r->known)
    return g_hash_table_lookup(r->known, address);
  for (guint i = 0; i < all->len; i++) {
    BpRecipient *recipient = g_ptr_array_index(all, i);
    if (bp_address_same(recipient->address, address))
      return recipient;
  }
  return NULL;
}

static void remember(BpReading *r, BpRecipient *recipient) {
  GPtrArray *all = r->report->recipients;
  g_ptr_array_add(all, recipient);
  if (r->known) {
    g_hash_table_insert(r->known, (gpointer)(guintptr)recipient->address, recipient);
  } else if (all->len == MANY) {
    r->known = g_hash_table_new(bp_address_hash, bp_address_equal);
    for (guint i = 0; i < all->len; i++) {
      BpRecipient *known = g_ptr_array_index(all, i);
      g_hash_table_insert(r->known, (gpointer)(guintptr)known->address, known);
    }
  }
}

BpRecipient *bp_recipient_add(BpReading *r, const char *address, BpAction action) {
  BpRecipient *known = bp_recipient_find(r, address);
  if (known) {
    known->action = graver(known->action, action);
    return known;
  }
  BpRecipient *recipient = bp_arena_alloc(r->arena, sizeof(BpRecipient));
  recipient->address = address;
  recipient->action = action;
  recipient->will_retry_until = recipient->last_attempt = BP_NO_TIME;
  if (r->report->recipients->len >= r->options->limits->recipients)
    r->report->truncated |= BP_TRUNCATED_RECIPIENTS;
  else
    remember(r, recipient);
  return recipient;
}

BpKind bp_kind_of_actions(const BpReport *report) {
  BpAction first = BP_ACTION_COMPLAINT;
  for (guint i = 0; i < report->recipients->len; i++)
    first = MIN(first, ((const BpRecipient *)g_ptr_array_index(report->recipients, i))->action);
  return first == BP_ACTION_FAILED ? BP_KIND_FAILURE : first == BP_ACTION_DELAYED ? BP_KIND_DELAY : BP_KIND_SUCCESS;
}

gboolean bp_is_stranger(const BpReading *r, const char *address) {
  if (bp_address_is_system(address) || (r->list_owner && bp_address_looks_after(r->list_owner, address)))
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

static gboolean is_of(const BpRecipient *recipient, const char *address) {
  return bp_address_same(address, recipient->address) ||
         (recipient->original_address && bp_address_same(address, recipient->original_address));
}

gboolean bp_names(const BpRecipient *recipient, const char *text) {
  gsize length = strchr(text, '@') ? strlen(text) : 0;
  for (gsize from = 0, to; from < length && bp_address_next(text, length, &from, &to); from = to) {
    g_autofree char *address = g_strndup(text + from, to - from);
    if (is_of(recipient, address))
      return TRUE;
  }
  return FALSE;
}

gboolean bp_names_another(BpReading *r, const BpRecipient *recipient, const char *text) {
  gboolean found = FALSE;
  gsize length = strchr(text, '@') ? strlen(text) : 0;
  for (gsize from = 0, to; from < length && !found && bp_address_next(text, length, &from, &to); from = to) {
    g_autofree char *address = g_strndup(text + from, to - from);
    found = bp_recipient_find(r, address) != NULL;
  }
  return found && !bp_names(recipient, text);
}

/* A reply cut out of what quotes it, without a mark that closes the quotation. */
static const char *cut_out(BpArena *arena, const char *reply) {
  static const char *const pairs[] = {"<>", "()", "[]", "\"\""};
  gsize n = strlen(reply), quoted = bp_quoted_length(reply);
  if (quoted && quoted < n)
    return bp_arena_strndup(arena, reply, quoted);
  for (guint i = 0; n && i < G_N_ELEMENTS(pairs); i++) {
    const char *open = strchr(reply, pairs[i][0]);
    if (reply[n - 1] == pairs[i][1] && (!open || open == reply + n - 1))
      return bp_arena_strndup(arena, reply, n - 1);
  }
  return reply;
}

/* A thousand recipients may share one long reply: text, or its beginning where all replies together grow too long. */
static const char *affordable(BpReading *r, const char *text, gsize length) {
  if (r->reply_bytes <= REPLIES_MAX)
    return text;
  r->report->truncated |= BP_TRUNCATED_TEXT;
  return bp_one_line(r->arena, text, length, SHORT_REPLY);
}

gboolean bp_reply_is_cut(const char *text) {
  if (strlen(text) < 4 || text[3] != '-' || !bp_code_find(text, NULL) || !g_ascii_isdigit(*text))
    return FALSE;
  const char last[] = {text[0], text[1], text[2], ' ', '\0'};
  return !strstr(text + 4, last);
}

/* The words of the reply, behind its code and status. */
static const char *words_of(const char *reply) {
  return reply + strspn(reply, "0123456789. ");
}

gboolean bp_reply_is_wordless(const char *text) {
  return !*words_of(text) && bp_code_find(text, NULL) >= 400;
}

/* TRUE where known is text with dots for its middle. */
static gboolean is_shortened(const char *known, const char *text) {
  const char *gap = strstr(known, "...");
  gsize before = gap ? (gsize)(gap - known) : 0;
  return before >= SHORTENED_MIN && strncmp(known, text, before) == 0 && g_str_has_suffix(text, gap + 3);
}

/* TRUE where known is but a code, "550", and the reply one with words and a code of the same class. */
static gboolean has_the_words(const char *known, const BpReply *reply) {
  return bp_reply_is_wordless(known) && reply->code / 100 == bp_code_find(known, NULL) / 100 &&
         !bp_reply_is_wordless(reply->text);
}

/* TRUE where the reply is the known one with the words, the lines or the middle that it lacks, or with a bracket that
 * says more. */
static gboolean completes(const BpRecipient *recipient, const BpReply *reply) {
  const char *known = recipient->diagnostic;
  if (!known || strlen(reply->text) <= strlen(known))
    return FALSE;
  if (bp_reply_is_cut(known))
    return g_str_has_prefix(reply->text, known);
  if (is_shortened(known, reply->text) || has_the_words(known, reply))
    return TRUE;
  const char *words = words_of(known);
  gsize length = strlen(words);
  const char *again = length && length < FEW_WORDS ? strstr(reply->text, words) : NULL;
  return again && g_str_has_prefix(again + length, " (");
}

void bp_recipient_announced(BpReading *r, BpRecipient *recipient, const char *text, gsize length) {
  gsize known = recipient->before ? strlen(recipient->before) : 0, room = BEFORE_MAX - MIN(known, BEFORE_MAX);
  gsize from = length > room ? length - room : 0;
  while (from < length && ((guchar)text[from] & 0xc0) == 0x80)
    from++;
  const char *words = r->reply_bytes > REPLIES_MAX ? "" : bp_one_line(r->arena, text + from, length - from, room);
  if (!*words)
    return;
  recipient->before = known ? bp_arena_printf(r->arena, "%s %s", words, recipient->before) : words;
  r->reply_bytes += strlen(words);
}

void bp_recipient_take_reply(BpReading *r, BpRecipient *recipient, const BpReply *reply) {
  BpStatus stated = {0, 0, 0};
  if (r->complement && bp_names_another(r, recipient, reply->text))
    return; /* a transcript holds the replies on all */
  gboolean decisive =
      *reply->text && (!recipient->diagnostic || !*recipient->diagnostic || completes(recipient, reply));
  if (decisive) {
    const char *own = reply->at ? cut_out(r->arena, reply->text + reply->at) : reply->text;
    recipient->diagnostic = affordable(r, own, strlen(own));
    r->reply_bytes += strlen(recipient->diagnostic);
    recipient->before = NULL;
    bp_recipient_announced(r, recipient, reply->text, reply->at);
  }
  if (!recipient->code && reply->code >= 200)
    recipient->code = bp_arena_printf(r->arena, "%u", reply->code);
  if (recipient->status)
    bp_status_read(recipient->status, &stated);
  stated = decisive ? better_status(reply->status, stated) : better_status(stated, reply->status);
  if (stated.class)
    recipient->status = bp_status_text(r->arena, stated);
}

void bp_recipient_reply(BpReading *r, BpRecipient *recipient, const char *text, gsize length) {
  BpReply reply;
  const char *wanted = affordable(r, text, length);
  bp_reply_parse(r->arena, wanted, wanted == text ? length : strlen(wanted), &reply);
  bp_recipient_take_reply(r, recipient, &reply);
}

const char *bp_captured(BpArena *arena, const BpMatcher *matcher, const char *text, const char *name, gsize max) {
  gsize from, to;
  if (!bp_matcher_group(matcher, name, &from, &to) || from == to)
    return NULL;
  return bp_one_line(arena, text + from, to - from, max);
}

static const char *captured(const BpReading *r, const char *text, const char *name) {
  return bp_captured(r->arena, r->matcher, text, name, CONTEXT_MAX);
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
    if (!bp_candidates_run(r->matcher, &candidates, n))
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

/* The reply that text quotes as reports do, without what stands around it; text where it quotes none. */
static const char *quoted_reply(BpReading *r, const char *text) {
  BpCandidates candidates = bp_matcher_candidates(r->matcher, BP_MATCH_CONTEXT, text, strlen(text));
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;) {
    const char *reply = bp_candidates_run(r->matcher, &candidates, n)
                            ? bp_captured(r->arena, r->matcher, text, "reply", BP_REPLY_MAX)
                            : NULL;
    if (reply)
      return reply;
  }
  return text;
}

const BpRecipient *bp_recipient_of_reply(BpArena *arena, BpMatcher *matcher, const char *text) {
  BpReading r = {.arena = arena, .matcher = matcher, .tables = bp_matcher_tables(matcher)};
  BpRecipient *recipient = bp_arena_alloc(arena, sizeof(BpRecipient));
  BpReply reply;
  const char *own = quoted_reply(&r, text);
  bp_reply_parse(arena, own, strlen(own), &reply);
  *recipient = (BpRecipient){
      .address = "", .diagnostic = reply.text, .will_retry_until = BP_NO_TIME, .last_attempt = BP_NO_TIME};
  recipient->code = reply.code ? bp_arena_printf(arena, "%u", reply.code) : NULL;
  recipient->status = bp_status_text(arena, reply.status);
  if (own != text)
    bp_recipient_context(&r, recipient, text, strlen(text));
  return recipient;
}
