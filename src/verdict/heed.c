/* heed.c - what may tell of another cause than the reply's own words do: who it is about, and when it was given */
#include "verdict/court.h"
#include "verdict/facts.h"

#include <string.h>

static gboolean within_address(char c) {
  return g_ascii_isalnum(c) || (c && strchr("@.+-_=", c));
}

/* TRUE where text begins with the address: what follows is said of it. */
static gboolean begins_with(const char *text, const char *address) {
  gsize length = address ? strlen(address) : 0;
  text += strspn(text, " <([\"'");
  return length && g_ascii_strncasecmp(text, address, length) == 0 &&
         (!within_address(text[length]) || (text[length] == '.' && !within_address(text[length + 1])) ||
          g_str_has_prefix(text + length, "..."));
}

static gboolean removes(const BpCourt *c) {
  return bp_court_removes_for(c, c->cause);
}

/* TRUE where words may tell that a reply is about another than the recipient; *cause is why, where they say it for
 * sure, else NULL. */
static gboolean tells_of_others(BpCourt *c, const char *words, const char **cause) {
  BpCandidates candidates = bp_matcher_candidates(c->matcher, BP_MATCH_OF_OTHERS, words, strlen(words));
  gboolean found = FALSE;
  *cause = NULL;
  for (guint32 n; !*cause && (n = bp_candidates_next(&candidates)) != BP_ANY;)
    if (bp_candidates_run(c->matcher, &candidates, n)) {
      found = TRUE;
      *cause = bp_group_value(c->tables, &c->tables->groups[c->tables->matchers[n].owner], "cause");
    }
  return found;
}

/* Another cause than the words told, where the set has it. */
static void overrule(BpCourt *c, const char *id, const char *how) {
  guint32 cause = bp_find_cause(c->tables, id);
  if (cause != BP_ANY)
    bp_court_overrule(c, &c->tables->causes[cause], how);
}

/* A rule that goes before the one by which the reply alone was taken, and does not remove; FALSE where there is none.
 */
static gboolean overrule_by_sentence(BpCourt *c, const char *sentence) {
  if (c->winner == BP_ANY)
    return FALSE;
  BpRuleQuery query = bp_court_query(c, sentence, strlen(sentence));
  BpCandidates candidates = bp_matcher_candidates(c->matcher, BP_MATCH_REPLY, query.words, query.length);
  guint32 winner = bp_rules_overrule(c->matcher, &query, candidates, c->winner);
  if (bp_court_removes_for(c, &c->tables->causes[c->tables->rules[c->tables->matchers[winner].owner].cause]))
    return FALSE;
  g_array_set_size(c->facts, 0);
  bp_court_take_rule(c, winner, sentence, "announcement");
  return TRUE;
}

/* Where text has the address last; NULL where it has not. */
static const char *last_of(const char *text, const char *address) {
  const char *at = address ? strchr(address, '@') : NULL, *last = NULL;
  gsize local = at ? (gsize)(at - address) : 0, length = at ? strlen(address) : 0;
  for (const char *p = text; at && (p = strchr(p, '@')); p++) {
    const char *begin = p - local;
    if ((gsize)(p - text) >= local && g_ascii_tolower(*begin) == g_ascii_tolower(*address) &&
        g_ascii_strncasecmp(begin, address, length) == 0 && (begin == text || !within_address(begin[-1])) &&
        !g_ascii_isalnum(begin[length]) && begin[length] != '-')
      last = begin;
  }
  return last;
}

/* "RCPT TO:<bob@example.com>": the reply is the one that the recipient got. */
static gboolean ends_with_rcpt(const char *words, const char *address) {
  const char *end = last_of(words, address);
  if (end && end > words && end[-1] == '<')
    end--;
  return end && end - words >= 8 && g_ascii_strncasecmp(end - 8, "RCPT TO:", 8) == 0;
}

/* The words up to a sender's address, for which "(you@)" stands, where the recipient's does not come behind it; NULL
 * for none. */
static const char *words_on_sender(BpCourt *c, const char *text) {
  const char *sender = NULL;
  for (guint i = 0; i < G_N_ELEMENTS(c->evidence->senders); i++) {
    const char *at = last_of(text, c->evidence->senders[i]);
    sender = at && (!sender || at > sender) ? at : sender;
  }
  const char *recipient = sender ? last_of(text, c->evidence->address) : NULL;
  if (!sender || (recipient && recipient >= sender))
    return NULL;
  return bp_arena_printf(c->arena, "%.*s(you@)", (int)(sender - text), text);
}

/* What announces a reply may say that it is about another: "callback to news@example.org failed: 550 user unknown". The
 * whole sentence tells: a rule decides that goes before the one by which the reply alone was taken; else the words that
 * announce it, or those up to the sender's address. */
static void heed_announcement(BpCourt *c, const char *before) {
  const char *cause = NULL;
  const char *sentence = before ? bp_arena_printf(c->arena, "%s %s", before, c->reply.text) : c->reply.text,
             *on_sender = words_on_sender(c, sentence);
  if (before && tells_of_others(c, before, &cause) && overrule_by_sentence(c, sentence))
    return;
  if (cause || (on_sender && tells_of_others(c, on_sender, &cause) && cause))
    overrule(c, cause, "announcement");
}

/* A reply that would remove the recipient may be about another. One that begins with the address of who sent the
 * message is about that: "550 5.1.1 <news@example.org>: User unknown"; before one that begins with the recipient's, or
 * is the answer to a RCPT TO of that, nothing counts. */
static void heed_others(BpCourt *c) {
  const BpEvidence *e = c->evidence;
  if (!removes(c))
    return;
  gboolean own = begins_with(c->reply.words, e->address);
  for (guint i = 0; !own && i < G_N_ELEMENTS(e->senders); i++)
    if (begins_with(c->reply.words, e->senders[i])) {
      overrule(c, "sender-rejected", "sender");
      return;
    }
  own = own || (e->before && ends_with_rcpt(e->before, e->address));
  heed_announcement(c, own ? NULL : e->before);
}

/* Before RCPT TO no recipient is known to the server (RFC 5321 section 3.3): what it refuses then is the sender or the
 * client, whatever its words. */
static void heed_command(BpCourt *c) {
  static const char *const before[] = {"MAIL FROM", "EHLO", "HELO", "CONNECT", "STARTTLS", "AUTH"};
  const char *command = c->evidence->command;
  guint n = 0;
  while (command && n < G_N_ELEMENTS(before) && !g_str_equal(command, before[n]))
    n++;
  if (!command || n == G_N_ELEMENTS(before) || !removes(c) ||
      g_str_equal(BP_STR(c->tables, c->cause->id), "domain-no-mail"))
    return;
  overrule(c, n == 0 ? "sender-rejected" : "policy-rejected", "command");
}

/* TRUE where a status speaks of another matter than the recipient's mailbox (RFC 3463 section 3): of the sender, of how
 * long a message or a list of recipients is, of a loop, of the form of the message, or of one matter of security, not
 * only of "other" or "not authorized". */
static gboolean is_of_another(BpStatus s) {
  static const guint of_others[][2] = {{1, 7}, {1, 8}, {2, 3}, {3, 1}, {3, 4}, {4, 6}, {5, 3}};
  for (guint i = 0; i < G_N_ELEMENTS(of_others); i++)
    if (s.subject == of_others[i][0] && s.detail == of_others[i][1])
      return TRUE;
  return s.subject == 6 || (s.subject == 7 && s.detail > 1);
}

/* TRUE where a reply code answers a login or wants one (RFC 4954 sections 4 and 6). */
static gboolean is_of_login(guint code) {
  return code == 530 || code == 534 || code == 535 || code == 538;
}

/* No words make a reply whose code is of another matter one about the recipient's mailbox: "535 user unknown", "550
 * 5.7.10 mailbox does not accept mail in the clear". A rule that names the code knows why it does. */
static void heed_codes(BpCourt *c) {
  const BpStatus s = c->reply.status.class ? c->reply.status : c->status;
  const BpCodeRecord *record = NULL;
  if (!c->rule || c->rule->added || !removes(c))
    return;
  if (is_of_another(s) && c->rule->statuses.n == 0)
    record = bp_find_status(c->tables, s.class, s.subject, s.detail);
  else if (is_of_login(c->code))
    record = bp_find_code(c->tables, c->code);
  if (record && record->cause != BP_ANY && !bp_court_removes_for(c, &c->tables->causes[record->cause]))
    overrule(c, BP_STR(c->tables, c->tables->causes[record->cause].id), "code");
}

/* TRUE where name is the domain of an address, or one above or below it: its own mail host. */
static gboolean is_of_domain(const char *name, gsize length, const char *domain) {
  gsize n = strlen(domain), shorter = MIN(length, n);
  if (g_ascii_strncasecmp(name + length - shorter, domain + n - shorter, shorter) != 0)
    return FALSE;
  return length == n || (length > n ? name[length - n - 1] : domain[n - length - 1]) == '.';
}

/* A name that is not known says nothing of the recipient's domain where it is another: that of a relay, or of a mail
 * host that the domain names. */
static void heed_name(BpCourt *c) {
  const char *name = c->rule ? bp_fact_value(c->facts, "domain") : NULL,
             *at = c->evidence->address ? strrchr(c->evidence->address, '@') : NULL;
  if (!name || !at || !g_str_equal(BP_STR(c->tables, c->cause->id), "domain-unknown"))
    return;
  if (!is_of_domain(name, strlen(name), at + 1) && !strstr(name, "xn--") && !strstr(at, "xn--"))
    overrule(c, "connection-failed", "name");
}

void bp_court_heed(BpCourt *c) {
  heed_others(c);
  heed_command(c);
  heed_codes(c);
  heed_name(c);
}
