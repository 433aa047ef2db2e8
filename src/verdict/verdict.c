/* verdict.c - from what a reply says to why, and what next */
#include "verdict/verdict.h"

#include "verdict/court.h"
#include "verdict/facts.h"

#include <string.h>

/* A bare 2xx, 3xx or 2.x.x is no failure, unless a text rule says otherwise. */
static gboolean is_positive(const BpCourt *c) {
  if (c->evidence->action == BP_ACTION_FAILED || c->evidence->action == BP_ACTION_DELAYED)
    return FALSE;
  return c->code ? c->code < 400 : c->status.class == 2;
}

/* A host that is said to be blocked, and the name of a list of such hosts that the receiving system does not keep: it
 * is on that list. A rule of a vendor knows better: some name a list to explain their own. */
static void heed_lists(BpCourt *c) {
  if (!c->cause || (c->rule && (c->rule->vendor || c->rule->sure)) ||
      !g_str_equal(BP_STR(c->tables, c->cause->id), "ip-blocked"))
    return;
  const BpCauseRecord *listed = bp_court_answer(c, "ip-blocklisted");
  for (guint i = 0; listed && i < c->listings->len; i++)
    if (g_strcmp0(g_array_index(c->listings, BpListing, i).kind, "ip") == 0)
      c->cause = listed;
}

/* Whether words may say otherwise: not of what is no failure, nor where a rule is sure or knows whose reply it is. */
static gboolean may_be_weighed(const BpCourt *c) {
  return c->cause && !is_positive(c) && !(c->rule && (c->rule->sure || (c->rule->vendor && !c->rule->weak)));
}

static void judge_reply(BpCourt *c) {
  bp_court_decide(c);
  if (may_be_weighed(c))
    bp_court_weigh(c);
  bp_court_heed(c);
  if (c->rule && c->rule->vendor)
    c->verdict->vendor = BP_STR(c->tables, c->rule->vendor);
  if (c->rule)
    c->verdict->rule = BP_STR(c->tables, c->rule->id);
  bp_facts_find(c->arena, c->matcher, c->reply.words, c->reply.length, c->facts);
  bp_blocklists_find(c->arena, c->matcher, c->reply.words, c->reply.length, c->lang, c->facts, c->listings);
  heed_lists(c);
  if (!c->rule && is_positive(c))
    c->cause = NULL;
  if (c->cause)
    bp_court_advise(c);
}

/* What was accepted: the codes themselves tell it. */
static void describe_positive(BpCourt *c) {
  const BpCodeRecord *r = c->code ? bp_find_code(c->tables, c->code) : NULL;
  if (!r && c->status.class)
    r = bp_find_status(c->tables, c->status.class, c->status.subject, c->status.detail);
  if (!r)
    return;
  c->verdict->title = bp_court_text(c, r->title ? r->title : r->name);
  c->verdict->meaning = bp_court_text(c, r->meaning);
  bp_court_add_steps(c, r->steps);
}

static void judge_complaint(BpCourt *c) {
  const char *type = c->evidence->feedback_type ? c->evidence->feedback_type : "other";
  gboolean abuse = g_ascii_strcasecmp(type, "abuse") == 0,
           opt_out = g_ascii_strcasecmp(type, "opt-out") == 0 || g_ascii_strcasecmp(type, "opt-out-list") == 0;
  const BpCauseRecord *answer = bp_court_answer(c, abuse     ? "complaint-abuse"
                                                   : opt_out ? "complaint-opt-out"
                                                             : "complaint-other");
  c->verdict->advice = abuse || opt_out ? "remove" : "review";
  if (answer)
    bp_court_speak(c, answer);
  if (g_str_equal(c->verdict->advice, "remove") && (!c->evidence->address || !*c->evidence->address))
    c->verdict->advice = "review";
}

static void judge_answer(BpCourt *c, const char *id) {
  const BpCauseRecord *answer = bp_court_answer(c, id);
  if (answer)
    bp_court_speak(c, answer);
  c->verdict->reason = NULL;
}

static void judge(BpCourt *c) {
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
  bp_court_add_references(c);
  bp_court_describe_codes(c);
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

static BpCourt begin(BpArena *arena, BpMatcher *matcher, const BpEvidence *evidence, guint lang) {
  const BpTables *t = bp_matcher_tables(matcher);
  BpCourt c = {.arena = arena,
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

static BpVerdict *end(BpCourt *c) {
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
  BpCourt c = begin(arena, matcher, evidence, lang);
  bp_court_read(&c);
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
  BpCourt c = begin(arena, matcher, &nothing, lang);
  c.cause = &t->causes[n];
  bp_court_advise(&c);
  return end(&c);
}
