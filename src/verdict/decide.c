/* decide.c - which cause the words and codes of a reply tell
 *
 * The order of evidence: a text rule, a specific status, a weak text rule, a weak status, the reply code. */
#include "verdict/court.h"
#include "verdict/facts.h"
#include "verdict/spelling.h"

#include <string.h>

void bp_court_read(BpCourt *c) {
  const BpEvidence *e = c->evidence;
  const char *text = e->text ? e->text : "";
  bp_reply_parse(c->arena, text, strlen(text), &c->reply);
  bp_spelling_mend(c->arena, c->matcher, BP_MATCH_SLIP, &c->reply);
  c->code = e->code ? (guint)g_ascii_strtoull(e->code, NULL, 10) : c->reply.code;
  if (!e->status || !bp_status_read(e->status, &c->status))
    c->status = c->reply.status;
}

/* A status that is only what the code is taken for by those who report a reply without one (sendmail): it says no more
 * than the code. Nor does "other", x.1.0 to x.5.0, which they take where they know no better (sendmail, Exchange,
 * IronPort). */
static BpStatus telling_status(const BpCourt *c) {
  static const struct {
    guint code;
    BpStatus status;
  } translations[] = {{550, {5, 1, 1}}, {551, {5, 1, 6}}, {553, {5, 1, 3}}, {452, {4, 3, 1}}};
  static const BpStatus none = {0, 0, 0};
  const BpStatus *s = &c->status;
  if (!c->reply.own || c->reply.status.class || !c->code)
    return *s;
  if (s->detail == 0 && s->subject <= 5)
    return none;
  for (guint i = 0; i < G_N_ELEMENTS(translations); i++) {
    const BpStatus *t = &translations[i].status;
    if (c->code == translations[i].code && s->class == t->class && s->subject == t->subject && s->detail == t->detail)
      return none;
  }
  return *s;
}

/* Whose reply it is: the host that gave it tells, else what only one vendor writes. Of the way there (RFC 3463, x.4.x)
 * the reporting system tells in its own words. */
static guint32 find_vendor(BpCourt *c) {
  const char *remote = c->evidence->remote_host, *reporter = c->evidence->reporter_host;
  guint32 vendor = bp_find_host(c->tables, remote ? remote : reporter);
  if (vendor == BP_ANY)
    vendor = bp_find_sign(c->matcher, c->reply.words, c->reply.length);
  return vendor == BP_ANY && remote && c->status.subject == 4 ? bp_find_host(c->tables, reporter) : vendor;
}

/* ---- the order of evidence ---------------------------------------------------------------------------------- */

/* The rule of a matcher decides; its captures are those of its match in words. */
void bp_court_take_rule(BpCourt *c, guint32 matcher, const char *words, const char *how) {
  c->winner = matcher;
  c->rule = &c->tables->rules[c->tables->matchers[matcher].owner];
  c->by_code = NULL;
  c->cause = &c->tables->causes[c->rule->cause];
  c->verdict->decided_by = how;
  if (c->tables->matchers[matcher].pattern)
    bp_facts_take(c->arena, c->matcher, words, c->facts);
}

void bp_court_overrule(BpCourt *c, const BpCauseRecord *cause, const char *how) {
  c->cause = cause;
  c->rule = NULL;
  c->by_code = NULL;
  c->verdict->decided_by = how;
}

static gboolean decide_by_rule(BpCourt *c, const BpRuleQuery *query, BpCandidates candidates, gboolean weak) {
  guint32 winner = bp_rules_find(c->matcher, query, candidates, weak);
  if (winner == BP_ANY)
    return FALSE;
  bp_court_take_rule(c, winner, query->words, weak ? "weak rule" : "rule");
  return TRUE;
}

static gboolean decide_by_code(BpCourt *c, const BpCodeRecord *record, const char *how) {
  if (!record || record->cause == BP_ANY)
    return FALSE;
  c->by_code = record;
  c->cause = &c->tables->causes[record->cause];
  c->verdict->decided_by = how;
  return TRUE;
}

/* What a local program says has the type x-unix (RFC 3464 section 2.3.6 leaves such types to the sites); a bare number
 * that is no reply code is how one ended (sysexits.h). */
static gboolean decide_by_program(BpCourt *c) {
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

gboolean bp_court_removes_for(const BpCourt *c, const BpCauseRecord *cause) {
  return cause && g_strcmp0(bp_string(c->tables, cause->advice), "remove") == 0;
}

/* A weak status that would remove the recipient speaks only for itself, as a weak reply code does: 5.1.1 with words of
 * a server that nobody knows may be about anything. */
static gboolean speaks_alone(const BpCourt *c, const BpCodeRecord *status) {
  gboolean temporary = c->status.class == 4 || c->code / 100 == 4;
  gboolean of_a_server = c->reply.code || c->reply.status.class;
  return status->cause == BP_ANY || temporary || !of_a_server || !has_words(c->reply.words) ||
         is_garbled(c->reply.words) || !bp_court_removes_for(c, &c->tables->causes[status->cause]);
}

BpRuleQuery bp_court_query(const BpCourt *c, const char *words, gsize length) {
  const BpStatus stated = telling_status(c);
  return (BpRuleQuery){.words = words,
                       .length = length,
                       .code = c->code,
                       .class = stated.class,
                       .subject = stated.subject,
                       .detail = stated.detail,
                       .vendor = c->vendor};
}

/* A report may say no more than that time ran out (x.4.7), where the reply itself says why, if not for sure. */
static gboolean only_expired(const BpCourt *c, BpStatus stated) {
  return stated.subject == 4 && stated.detail == 7 && c->reply.code && c->reply.own && !c->reply.status.class;
}

static void forget_rule(BpCourt *c) {
  c->winner = BP_ANY;
  c->rule = NULL;
  g_array_set_size(c->facts, 0);
}

static gboolean is_of(const BpCourt *c, const char *cause) {
  return c->cause && g_str_equal(BP_STR(c->tables, c->cause->id), cause);
}

static void find_cause(BpCourt *c) {
  const BpStatus stated = telling_status(c);
  BpRuleQuery query = bp_court_query(c, c->reply.words, c->reply.length);
  BpCandidates candidates = bp_matcher_candidates(c->matcher, BP_MATCH_REPLY, query.words, query.length);
  const BpCodeRecord *status =
      stated.class ? bp_find_status(c->tables, stated.class, stated.subject, stated.detail) : NULL;
  gboolean specific = status && !status->weak;
  if (decide_by_rule(c, &query, candidates, FALSE))
    return;
  if (bp_spelling_write_out(c->arena, c->matcher, &c->reply, &query, &candidates) &&
      decide_by_rule(c, &query, candidates, FALSE))
    return;
  gboolean expired = specific && only_expired(c, stated);
  if (specific && !expired && decide_by_code(c, status, "status"))
    return;
  if (decide_by_rule(c, &query, candidates, TRUE) && !(expired && is_of(c, "system-error")))
    return;
  if (expired)
    forget_rule(c);
  if (expired && decide_by_code(c, status, "status"))
    return;
  if (decide_by_program(c))
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

void bp_court_decide(BpCourt *c) {
  c->vendor = find_vendor(c);
  if (c->vendor != BP_ANY)
    c->verdict->vendor = BP_STR(c->tables, c->tables->vendors[c->vendor].id);
  find_cause(c);
}
