/* verdict.c - from what a reply says to why, and what next
 *
 * The order of evidence: a text rule, a specific status, a weak text rule, a weak status, the reply code. */
#include "verdict/verdict.h"

#include "pattern/rules.h"
#include "report/reply.h"
#include "verdict/facts.h"
#include "verdict/spelling.h"
#include "verdict/suggestion.h"

#include <string.h>

typedef struct {
  BpArena *arena;
  BpMatcher *matcher;
  const BpTables *tables;
  const BpEvidence *evidence;
  guint lang;
  BpReply reply;
  guint code;
  BpStatus status;
  guint32 vendor;
  guint32 winner;              /* matcher of the rule, BP_ANY for none */
  const BpRuleRecord *rule;    /* that decided, or NULL */
  const BpCodeRecord *by_code; /* reply code or status that decided, or NULL */
  const BpCauseRecord *cause;  /* NULL for what is no failure */
  GArray *facts, *listings, *steps;
  GPtrArray *references;
  BpVerdict *verdict;
} Court;

/* ---- evidence ----------------------------------------------------------------------------------------------- */

static void read_evidence(Court *c) {
  const BpEvidence *e = c->evidence;
  const char *text = e->text ? e->text : "";
  bp_reply_parse(c->arena, text, strlen(text), &c->reply);
  bp_spelling_mend(c->arena, c->matcher, BP_MATCH_SLIP, &c->reply);
  c->code = e->code ? (guint)g_ascii_strtoull(e->code, NULL, 10) : c->reply.code;
  if (!e->status || !bp_status_read(e->status, &c->status))
    c->status = c->reply.status;
}

/* A status that is only what the code is taken for by those who report a reply without one (sendmail): it says no more
 * than the code. */
static BpStatus telling_status(const Court *c) {
  static const struct {
    guint code;
    BpStatus status;
  } translations[] = {{550, {5, 1, 1}}, {551, {5, 1, 6}}, {553, {5, 1, 3}}};
  const BpStatus *s = &c->status;
  for (guint i = 0; c->reply.own && !c->reply.status.class && i < G_N_ELEMENTS(translations); i++) {
    const BpStatus *t = &translations[i].status;
    if (c->code == translations[i].code && s->class == t->class && s->subject == t->subject && s->detail == t->detail)
      return (BpStatus){0, 0, 0};
  }
  return *s;
}

/* Whose reply it is: the host that gave it tells, else what only one vendor writes. */
static guint32 find_vendor(Court *c) {
  const char *host = c->evidence->remote_host ? c->evidence->remote_host : c->evidence->reporter_host;
  guint32 vendor = bp_find_host(c->tables, host);
  return vendor == BP_ANY ? bp_find_sign(c->matcher, c->reply.words, c->reply.length) : vendor;
}

/* ---- the order of evidence ---------------------------------------------------------------------------------- */

/* The rule of a matcher decides; its captures are those of its match in words. */
static void take_rule(Court *c, guint32 matcher, const char *words, const char *how) {
  c->winner = matcher;
  c->rule = &c->tables->rules[c->tables->matchers[matcher].owner];
  c->by_code = NULL;
  c->cause = &c->tables->causes[c->rule->cause];
  c->verdict->decided_by = how;
  if (c->tables->matchers[matcher].pattern)
    bp_facts_take(c->arena, c->matcher, words, c->facts);
}

static gboolean decide_by_rule(Court *c, const BpRuleQuery *query, BpCandidates candidates, gboolean weak) {
  guint32 winner = bp_rules_find(c->matcher, query, candidates, weak);
  if (winner == BP_ANY)
    return FALSE;
  take_rule(c, winner, query->words, weak ? "weak rule" : "rule");
  return TRUE;
}

static gboolean decide_by_code(Court *c, const BpCodeRecord *record, const char *how) {
  if (!record || record->cause == BP_ANY)
    return FALSE;
  c->by_code = record;
  c->cause = &c->tables->causes[record->cause];
  c->verdict->decided_by = how;
  return TRUE;
}

/* What a local program says has the type x-unix (RFC 3464 section 2.3.6 leaves such types to the sites); a bare number
 * that is no reply code is how one ended (sysexits.h). */
static gboolean decide_by_program(Court *c) {
  gsize digits = strspn(c->reply.words, "0123456789");
  gboolean bare = digits > 0 && digits <= 3 && !c->reply.words[digits] && !c->reply.code;
  guint32 cause = bp_find_cause(c->tables, "mailer-error");
  if (cause == BP_ANY || (!bare && g_strcmp0(c->evidence->type, "x-unix") != 0))
    return FALSE;
  c->cause = &c->tables->causes[cause];
  c->verdict->decided_by = "program";
  return TRUE;
}

/* TRUE where text holds more than addresses, host names and numbers. */
static gboolean has_words(const char *text) {
  for (const char *p = text; *p;) {
    gsize length = strcspn(p, " ,;:()<>[]\"'"), letters = 0;
    gboolean name = FALSE;
    for (gsize i = 0; i < length; i++) {
      letters += g_ascii_isalpha(p[i]) || (guchar)p[i] >= 0x80;
      name = name || p[i] == '@' || (p[i] == '.' && i > 0 && i + 1 < length);
    }
    if (!name && letters > 1)
      return TRUE;
    p += length;
    p += strspn(p, " ,;:()<>[]\"'");
  }
  return FALSE;
}

/* TRUE where letters of text were lost on the way, so that nobody can know its words: "Empf??nger". */
static gboolean is_garbled(const char *text) {
  for (const char *p = strchr(text, '?'); p; p = strchr(p, '?')) {
    gboolean inside = p > text && g_ascii_isalpha(p[-1]);
    gsize lost = strspn(p, "?");
    p += lost;
    if (inside && (lost > 1 || g_ascii_isalpha(*p)))
      return TRUE;
  }
  return strstr(text, "\xEF\xBF\xBD") != NULL;
}

static gboolean is_removal(const Court *c, const BpCauseRecord *cause) {
  return cause && g_strcmp0(bp_string(c->tables, cause->advice), "remove") == 0;
}

/* A weak status that would remove the recipient speaks only for itself, as a weak reply code does: 5.1.1 with words of
 * a server that nobody knows may be about anything. */
static gboolean speaks_alone(const Court *c, const BpCodeRecord *status) {
  gboolean temporary = c->status.class == 4 || c->code / 100 == 4;
  gboolean of_a_server = c->reply.code || c->reply.status.class;
  return status->cause == BP_ANY || temporary || !of_a_server || !has_words(c->reply.words) ||
         is_garbled(c->reply.words) || !is_removal(c, &c->tables->causes[status->cause]);
}

static BpRuleQuery query_of(const Court *c, const char *words, gsize length) {
  const BpStatus stated = telling_status(c);
  return (BpRuleQuery){.words = words,
                       .length = length,
                       .code = c->code,
                       .class = stated.class,
                       .subject = stated.subject,
                       .detail = stated.detail,
                       .vendor = c->vendor};
}

static void decide(Court *c) {
  const BpStatus stated = telling_status(c);
  BpRuleQuery query = query_of(c, c->reply.words, c->reply.length);
  BpCandidates candidates = bp_matcher_candidates(c->matcher, BP_MATCH_REPLY, query.words, query.length);
  const BpCodeRecord *status =
      stated.class ? bp_find_status(c->tables, stated.class, stated.subject, stated.detail) : NULL;
  gboolean specific = status && !status->weak;
  if (decide_by_rule(c, &query, candidates, FALSE))
    return;
  if (bp_spelling_mend(c->arena, c->matcher, BP_MATCH_CONTRACTION, &c->reply)) {
    query.words = c->reply.words;
    query.length = c->reply.length;
    candidates = bp_matcher_candidates(c->matcher, BP_MATCH_REPLY, query.words, query.length);
    if (decide_by_rule(c, &query, candidates, FALSE))
      return;
  }
  if (specific && decide_by_code(c, status, "status"))
    return;
  if (decide_by_rule(c, &query, candidates, TRUE) || decide_by_program(c))
    return;
  /* x.0.0 says nothing that the reply code does not say better. */
  if (bp_status_specific(stated) && status && speaks_alone(c, status) && decide_by_code(c, status, "weak status"))
    return;
  /* A weak reply code speaks only for itself: 550 with words that nobody knows may mean anything. */
  const BpCodeRecord *code = c->code >= 400 ? bp_find_code(c->tables, c->code) : NULL;
  if (code && !(code->weak && c->reply.own) && decide_by_code(c, code, "code"))
    return;
  guint32 unknown = bp_find_cause(c->tables, "unknown");
  c->cause = unknown == BP_ANY ? NULL : &c->tables->causes[unknown];
  c->verdict->decided_by = "nothing";
}

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

static gboolean removes(const Court *c) {
  return is_removal(c, c->cause);
}

/* TRUE where words may tell that a reply is about another than the recipient; *cause is why, where they say it for
 * sure, else NULL. */
static gboolean tells_of_others(Court *c, const char *words, const char **cause) {
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
static void overrule(Court *c, const char *id, const char *how) {
  guint32 cause = bp_find_cause(c->tables, id);
  if (cause == BP_ANY)
    return;
  c->cause = &c->tables->causes[cause];
  c->rule = NULL;
  c->by_code = NULL;
  c->verdict->decided_by = how;
}

/* A rule that goes before the one by which the reply alone was taken, and does not remove; FALSE where there is none.
 */
static gboolean overrule_by_sentence(Court *c, const char *sentence) {
  if (c->winner == BP_ANY)
    return FALSE;
  BpRuleQuery query = query_of(c, sentence, strlen(sentence));
  BpCandidates candidates = bp_matcher_candidates(c->matcher, BP_MATCH_REPLY, query.words, query.length);
  guint32 winner = bp_rules_overrule(c->matcher, &query, candidates, c->winner);
  if (is_removal(c, &c->tables->causes[c->tables->rules[c->tables->matchers[winner].owner].cause]))
    return FALSE;
  g_array_set_size(c->facts, 0);
  take_rule(c, winner, sentence, "announcement");
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
  const char *last = last_of(words, address);
  return last && last - words >= 8 &&
         (g_ascii_strncasecmp(last - 8, "RCPT TO:", 8) == 0 ||
          (last - words >= 9 && g_ascii_strncasecmp(last - 9, "RCPT TO:<", 9) == 0));
}

/* The words up to a sender's address, for which "(you@)" stands, where the recipient's does not come behind it; NULL
 * for none. */
static const char *words_on_sender(Court *c, const char *text) {
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
static void heed_announcement(Court *c, const char *before) {
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
static void heed_others(Court *c) {
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
static void heed_command(Court *c) {
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

/* TRUE where name is the domain of an address, or one above or below it: its own mail host. */
static gboolean is_of_domain(const char *name, gsize length, const char *domain) {
  gsize n = strlen(domain), shorter = MIN(length, n);
  if (g_ascii_strncasecmp(name + length - shorter, domain + n - shorter, shorter) != 0)
    return FALSE;
  return length == n || (length > n ? name[length - n - 1] : domain[n - length - 1]) == '.';
}

/* A name that is not known says nothing of the recipient's domain where it is another: that of a relay, or of a mail
 * host that the domain names. */
static void heed_name(Court *c) {
  const char *name = c->rule ? bp_fact_value(c->facts, "domain") : NULL,
             *at = c->evidence->address ? strrchr(c->evidence->address, '@') : NULL;
  if (!name || !at || !g_str_equal(BP_STR(c->tables, c->cause->id), "domain-unknown"))
    return;
  if (!is_of_domain(name, strlen(name), at + 1) && !strstr(name, "xn--") && !strstr(at, "xn--"))
    overrule(c, "connection-failed", "name");
}

/* A bare 2xx, 3xx or 2.x.x is no failure, unless a text rule says otherwise. */
static gboolean is_positive(const Court *c) {
  if (c->evidence->action == BP_ACTION_FAILED || c->evidence->action == BP_ACTION_DELAYED)
    return FALSE;
  return c->code ? c->code < 400 : c->status.class == 2;
}

/* ---- texts -------------------------------------------------------------------------------------------------- */

static const char *text(const Court *c, BpText t) {
  return bp_text(c->tables, t, c->lang);
}

/* The record of the vendor that the answer names, or NULL. */
static const BpVendorRecord *named_vendor(const Court *c) {
  for (guint32 i = 0; c->verdict->vendor && i < c->tables->n_vendors; i++)
    if (g_str_equal(BP_STR(c->tables, c->tables->vendors[i].id), c->verdict->vendor))
      return &c->tables->vendors[i];
  return NULL;
}

static const char *field(const char *name, gpointer data) {
  const Court *c = data;
  const BpListing *first = c->listings->len ? &g_array_index(c->listings, BpListing, 0) : NULL;
  if (g_str_equal(name, "lookup"))
    return first ? first->lookup : NULL;
  if (g_str_equal(name, "removal"))
    return first ? first->removal : NULL;
  if (g_str_equal(name, "list") && first)
    return first->name;
  if (g_str_equal(name, "address"))
    return c->evidence->address;
  if (g_str_equal(name, "reporting_host"))
    return c->evidence->reporter_host;
  if (g_str_equal(name, "vendor")) {
    const BpVendorRecord *vendor = named_vendor(c);
    return vendor ? bp_string(c->tables, vendor->name) : NULL;
  }
  return bp_fact_value(c->facts, name);
}

static void add_step(Court *c, gboolean for_admin, const char *template) {
  const char *filled = bp_fill(c->arena, template, field, c);
  if (!filled)
    return;
  for (guint i = 0; i < c->steps->len; i++)
    if (g_str_equal(g_array_index(c->steps, BpStep, i).text, filled))
      return;
  BpStep step = {for_admin, filled};
  g_array_append_val(c->steps, step);
}

static void add_steps(Court *c, BpRange steps) {
  for (guint32 i = 0; i < steps.n; i++) {
    const BpStepRecord *r = &c->tables->steps[steps.first + i];
    add_step(c, r->for_admin != 0, text(c, r->text));
  }
}

/* A list that has shut down is the receiving side's to take out. */
static void add_listing_steps(Court *c) {
  for (guint i = 0; i < c->listings->len; i++) {
    const BpListing *l = &g_array_index(c->listings, BpListing, i);
    if (g_strcmp0(l->status, "closed") == 0 && l->note)
      add_step(c, FALSE, l->note);
  }
}

static void add_reference(Court *c, const char *url) {
  if (!url)
    return;
  for (guint i = 0; i < c->references->len; i++)
    if (g_str_equal(g_ptr_array_index(c->references, i), url))
      return;
  g_ptr_array_add(c->references, (gpointer)(guintptr)url);
}

static void add_references(Court *c) {
  for (guint32 i = 0; c->rule && i < c->rule->references.n; i++)
    add_reference(c, BP_STR(c->tables, c->tables->numbers[c->rule->references.first + i]));
  const BpVendorRecord *vendor = named_vendor(c);
  if (!vendor)
    return;
  add_reference(c, bp_string(c->tables, vendor->codes));
  add_reference(c, bp_string(c->tables, vendor->postmaster));
  add_reference(c, bp_string(c->tables, vendor->unblock));
}

static void describe_code(const Court *c, const BpCodeRecord *r, BpCodeMeaning *meaning) {
  if (!r)
    return;
  meaning->name = text(c, r->name);
  meaning->text = text(c, r->meaning);
}

static void describe_codes(Court *c) {
  if (c->status.class)
    describe_code(c, bp_find_status(c->tables, c->status.class, c->status.subject, c->status.detail),
                  &c->verdict->status_meaning);
  if (c->code < 100 || c->code > 599)
    return;
  BpCodeMeaning *meaning = &c->verdict->code_meaning;
  describe_code(c, bp_find_code(c->tables, c->code), meaning);
  guint digits[] = {c->code / 100, c->code / 10 % 10, c->code % 10};
  for (guint i = 0; i < 3; i++) {
    const BpCodeRecord *r = bp_find_digit(c->tables, i + 1, digits[i]);
    meaning->digits[i] = r ? text(c, r->meaning) : NULL;
  }
}

/* ---- advice ------------------------------------------------------------------------------------------------- */

static gboolean is_temporary(const Court *c) {
  return c->evidence->action == BP_ACTION_DELAYED || c->status.class == 4 || (c->code >= 400 && c->code < 500);
}

static const BpCauseRecord *answer_called(const Court *c, const char *id) {
  guint32 n = bp_find_cause(c->tables, id);
  return n == BP_ANY ? NULL : &c->tables->causes[n];
}

static void speak(Court *c, const BpCauseRecord *answer) {
  BpVerdict *v = c->verdict;
  v->title = text(c, answer->title);
  v->meaning = bp_fill(c->arena, text(c, answer->meaning), field, c);
  v->reason = text(c, answer->reason);
  add_steps(c, answer->steps);
}

/* An address that nobody named cannot be removed: look yourself. */
static void temper(Court *c) {
  BpVerdict *v = c->verdict;
  gboolean remove = g_strcmp0(v->advice, "remove") == 0;
  if (is_temporary(c)) {
    v->permanence = "temporary";
    if (remove) {
      v->advice = "retry";
      if (c->cause->reason_temporary)
        v->reason = text(c, c->cause->reason_temporary);
    }
  } else if (remove && c->evidence->action != BP_ACTION_NONE && (!c->evidence->address || !*c->evidence->address)) {
    const BpCauseRecord *nobody = answer_called(c, "no-recipient");
    v->advice = "review";
    if (nobody)
      v->reason = text(c, nobody->reason);
  }
}

static void advise(Court *c) {
  BpVerdict *v = c->verdict;
  v->cause = BP_STR(c->tables, c->cause->id);
  v->category = bp_string(c->tables, c->cause->category);
  v->permanence = bp_string(c->tables, c->cause->permanence);
  v->advice = bp_string(c->tables, c->cause->advice);
  if (c->rule)
    add_steps(c, c->rule->steps);
  add_listing_steps(c);
  if (c->by_code)
    add_steps(c, c->by_code->steps);
  speak(c, c->cause);
  if (c->by_code && c->reply.own == 0 && c->by_code->meaning)
    v->meaning = text(c, c->by_code->meaning);
  if (c->rule && c->rule->title)
    v->title = text(c, c->rule->title);
  const char *own = c->rule && c->rule->meaning ? bp_fill(c->arena, text(c, c->rule->meaning), field, c) : NULL;
  if (own)
    v->meaning = own;
  if (c->rule && c->rule->reason)
    v->reason = text(c, c->rule->reason);
  temper(c);
  if (g_str_equal(v->cause, "user-unknown") || g_str_equal(v->cause, "domain-unknown"))
    v->suggestion = bp_suggest(c->arena, c->tables, c->evidence->address);
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

static void judge_reply(Court *c) {
  c->vendor = find_vendor(c);
  if (c->vendor != BP_ANY)
    c->verdict->vendor = BP_STR(c->tables, c->tables->vendors[c->vendor].id);
  decide(c);
  heed_others(c);
  heed_command(c);
  heed_name(c);
  if (c->rule && c->rule->vendor)
    c->verdict->vendor = BP_STR(c->tables, c->rule->vendor);
  if (c->rule)
    c->verdict->rule = BP_STR(c->tables, c->rule->id);
  bp_facts_find(c->arena, c->matcher, c->reply.words, c->reply.length, c->facts);
  bp_blocklists_find(c->arena, c->matcher, c->reply.words, c->reply.length, c->lang, c->facts, c->listings);
  if (!c->rule && is_positive(c))
    c->cause = NULL;
  if (c->cause)
    advise(c);
}

/* What was accepted: the codes themselves tell it. */
static void describe_positive(Court *c) {
  const BpCodeRecord *r = c->code ? bp_find_code(c->tables, c->code) : NULL;
  if (!r && c->status.class)
    r = bp_find_status(c->tables, c->status.class, c->status.subject, c->status.detail);
  if (!r)
    return;
  c->verdict->title = text(c, r->title ? r->title : r->name);
  c->verdict->meaning = text(c, r->meaning);
  add_steps(c, r->steps);
}

static void judge_complaint(Court *c) {
  const char *type = c->evidence->feedback_type ? c->evidence->feedback_type : "other";
  gboolean abuse = g_ascii_strcasecmp(type, "abuse") == 0,
           opt_out = g_ascii_strcasecmp(type, "opt-out") == 0 || g_ascii_strcasecmp(type, "opt-out-list") == 0;
  const BpCauseRecord *answer = answer_called(c, abuse     ? "complaint-abuse"
                                                 : opt_out ? "complaint-opt-out"
                                                           : "complaint-other");
  c->verdict->advice = abuse || opt_out ? "remove" : "review";
  if (answer)
    speak(c, answer);
  if (g_str_equal(c->verdict->advice, "remove") && (!c->evidence->address || !*c->evidence->address))
    c->verdict->advice = "review";
}

static void judge_answer(Court *c, const char *id) {
  const BpCauseRecord *answer = answer_called(c, id);
  if (answer)
    speak(c, answer);
  c->verdict->reason = NULL;
}

static void judge(Court *c) {
  switch (c->evidence->action) {
  case BP_ACTION_NONE:
  case BP_ACTION_FAILED:
  case BP_ACTION_DELAYED:
    judge_reply(c);
    if (!c->cause)
      describe_positive(c);
    break;
  case BP_ACTION_COMPLAINT:
    judge_complaint(c);
    break;
  case BP_ACTION_RELAYED:
  case BP_ACTION_EXPANDED:
  case BP_ACTION_DELIVERED:
    judge_answer(c, "success");
    break;
  case BP_ACTION_DISPLAYED:
  case BP_ACTION_DELETED:
  case BP_ACTION_DENIED:
    judge_answer(c, "receipt");
    break;
  }
  add_references(c);
  describe_codes(c);
}

/* Moves an array into the arena. */
static gpointer settle(BpArena *arena, GArray *array, gsize size, guint *n) {
  *n = array->len;
  gpointer copy = bp_arena_alloc(arena, array->len * size + 1);
  if (array->len)
    memcpy(copy, array->data, array->len * size);
  g_array_unref(array);
  return copy;
}

static Court begin(BpArena *arena, BpMatcher *matcher, const BpEvidence *evidence, guint lang) {
  const BpTables *t = bp_matcher_tables(matcher);
  Court c = {.arena = arena,
             .matcher = matcher,
             .tables = t,
             .evidence = evidence,
             .lang = lang,
             .vendor = BP_ANY,
             .winner = BP_ANY};
  c.verdict = bp_arena_alloc(arena, sizeof(BpVerdict));
  c.verdict->lang = BP_STR(t, t->langs[lang]);
  c.facts = g_array_new(FALSE, FALSE, sizeof(BpFact));
  c.listings = g_array_new(FALSE, FALSE, sizeof(BpListing));
  c.steps = g_array_new(FALSE, FALSE, sizeof(BpStep));
  c.references = g_ptr_array_new();
  return c;
}

static BpVerdict *end(Court *c) {
  BpVerdict *v = c->verdict;
  v->facts = settle(c->arena, c->facts, sizeof(BpFact), &v->n_facts);
  v->blocklists = settle(c->arena, c->listings, sizeof(BpListing), &v->n_blocklists);
  v->steps = settle(c->arena, c->steps, sizeof(BpStep), &v->n_steps);
  v->n_references = c->references->len;
  v->references = bp_arena_alloc(c->arena, (c->references->len + 1) * sizeof(char *));
  if (c->references->len)
    memcpy(v->references, c->references->pdata, c->references->len * sizeof(char *));
  g_ptr_array_unref(c->references);
  return v;
}

BpVerdict *bp_verdict_reach(BpArena *arena, BpMatcher *matcher, const BpEvidence *evidence, guint lang) {
  Court c = begin(arena, matcher, evidence, lang);
  read_evidence(&c);
  judge(&c);
  return end(&c);
}

BpVerdict *bp_verdict_of_cause(BpArena *arena, BpMatcher *matcher, const char *cause, guint lang) {
  static const BpEvidence nothing = {0};
  const BpTables *t = bp_matcher_tables(matcher);
  guint32 n = bp_find_cause(t, cause);
  /* Texts on what is no failure stand among the causes, without a category. */
  if (n == BP_ANY || !t->causes[n].category)
    return NULL;
  Court c = begin(arena, matcher, &nothing, lang);
  c.cause = &t->causes[n];
  advise(&c);
  return end(&c);
}
