/* rules.c - which rule of patterns/replies takes a reply
 *
 * The matchers of a set stand in their order of precedence, so the first that matches wins; only a rule that names it
 * in over= can still go before it. A guard decides only then. */
#include "pattern/rules.h"

#include <string.h>

guint32 bp_find_sign(BpMatcher *m, const char *words, gsize length) {
  BpCandidates candidates = bp_matcher_candidates(m, BP_MATCH_SIGN, words, length);
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;)
    if (bp_candidates_run(m, &candidates, n))
      return bp_matcher_tables(m)->matchers[n].owner;
  return BP_ANY;
}

static gboolean any_condition(const BpTables *t, BpRange range, guint32 a, guint32 b, guint32 c) {
  for (guint32 i = 0; i < range.n; i++)
    if (bp_condition_holds(&t->conditions[range.first + i], a, b, c))
      return TRUE;
  return FALSE;
}

static gboolean vendor_holds(const BpTables *t, const BpRuleRecord *rule, guint32 vendor) {
  if (rule->when.n == 0)
    return TRUE;
  /* The set holds each string once. */
  BpString id = vendor == BP_ANY ? 0 : t->vendors[vendor].id;
  for (guint32 i = 0; i < rule->when.n; i++)
    if (t->numbers[rule->when.first + i] == id)
      return TRUE;
  return FALSE;
}

static gboolean conditions_hold(const BpTables *t, const BpRuleRecord *rule, const BpRuleQuery *q) {
  if (rule->codes.n && !any_condition(t, rule->codes, q->code, 0, 0))
    return FALSE;
  if (rule->statuses.n && (!q->class || !any_condition(t, rule->statuses, q->class, q->subject, q->detail)))
    return FALSE;
  return vendor_holds(t, rule, q->vendor);
}

gboolean bp_rules_match(BpMatcher *m, const BpRuleQuery *q, const BpCandidates *candidates, guint32 matcher) {
  const BpTables *t = bp_matcher_tables(m);
  const BpMatcherRecord *r = &t->matchers[matcher];
  return conditions_hold(t, &t->rules[r->owner], q) && (!r->pattern || bp_candidates_run(m, candidates, matcher));
}

static gboolean listed(const BpTables *t, BpRange range, guint32 n) {
  const guint32 *numbers = t->numbers + range.first; /* sorted */
  guint32 low = 0, high = range.n;
  while (low < high) {
    guint32 middle = low + (high - low) / 2;
    if (numbers[middle] < n)
      low = middle + 1;
    else
      high = middle;
  }
  return low < range.n && numbers[low] == n;
}

#define MAX_STEPS 8

/* The rules that were winners in turn. */
typedef struct {
  guint32 owners[MAX_STEPS];
  guint n;
  gboolean ran; /* another was run since the last was, whose captures are gone */
} Steps;

static gboolean was_winner(const Steps *steps, guint32 owner) {
  for (guint i = 0; i < steps->n; i++)
    if (steps->owners[i] == owner)
      return TRUE;
  return FALSE;
}

/* Rules of one rank win over each other; a guard also over weak rules, which would decide nothing by itself. */
gboolean bp_rules_may_win(const BpRuleRecord *rule, const BpRuleRecord *other) {
  return rule->weak == other->weak || (rule->guard && !rule->weak);
}

/* TRUE where the rule names the loser in over=. The set holds each string once. */
static gboolean wins_over(const BpTables *t, const BpRuleRecord *rule, guint32 loser) {
  return bp_rules_may_win(rule, &t->rules[loser]) &&
         ((rule->over_advice && rule->over_advice == t->causes[t->rules[loser].cause].advice) ||
          listed(t, rule->over, loser));
}

/* The first candidate that matches among the rules that win over the one of matcher; BP_ANY for none. */
static guint32 find_over(BpMatcher *m, const BpRuleQuery *q, BpCandidates candidates, guint32 matcher, Steps *steps) {
  const BpTables *t = bp_matcher_tables(m);
  guint32 loser = t->matchers[matcher].owner;
  BpString advice = t->causes[t->rules[loser].cause].advice;
  candidates.at = 0;
  for (guint32 n; (n = bp_candidates_next(&candidates)) != BP_ANY;) {
    const BpMatcherRecord *r = &t->matchers[n];
    if (!bp_names_over(r, loser) && (!r->over_advice || r->over_advice != advice))
      continue;
    if (!wins_over(t, &t->rules[r->owner], loser) || was_winner(steps, r->owner))
      continue;
    steps->ran = TRUE;
    if (bp_rules_match(m, q, &candidates, n))
      return n;
  }
  return BP_ANY;
}

guint32 bp_rules_overrule(BpMatcher *m, const BpRuleQuery *q, BpCandidates candidates, guint32 matcher) {
  /* Each step goes to a rule that wins over the last, and to none twice: rules may win over each other in a circle. */
  Steps steps = {.n = 0};
  guint32 winner = matcher;
  while (steps.n < MAX_STEPS) {
    steps.owners[steps.n++] = bp_matcher_tables(m)->matchers[winner].owner;
    steps.ran = FALSE;
    guint32 over = find_over(m, q, candidates, winner, &steps);
    if (over == BP_ANY)
      break;
    winner = over;
  }
  if (steps.ran && bp_candidates_include(&candidates, winner))
    bp_rules_match(m, q, &candidates, winner); /* for its captures */
  return winner;
}

guint32 bp_rules_find(BpMatcher *m, const BpRuleQuery *q, BpCandidates candidates, gboolean weak) {
  const BpTables *t = bp_matcher_tables(m);
  BpCandidates all = candidates;
  guint32 winner = BP_ANY;
  for (guint32 n; winner == BP_ANY && (n = bp_candidates_next(&candidates)) != BP_ANY;) {
    const BpMatcherRecord *r = &t->matchers[n];
    gboolean is_weak = r->weak;
    if (is_weak && !weak)
      return BP_ANY; /* the weak ones stand behind all others */
    if (is_weak == weak && !r->guard && bp_rules_match(m, q, &candidates, n))
      winner = n;
  }
  return winner == BP_ANY ? winner : bp_rules_overrule(m, q, all, winner);
}

const char *bp_rules_step(const BpTables *t, guint32 first, guint32 second) {
  const BpMatcherRecord *x = &t->matchers[first], *y = &t->matchers[second];
  const BpRuleRecord *a = &t->rules[x->owner], *b = &t->rules[y->owner];
  if (wins_over(t, a, y->owner))
    return "over";
  if (a->weak != b->weak)
    return "rank";
  if (b->guard)
    return "guard";
  if ((a->when.n > 0) != (b->when.n > 0))
    return "when-vendor";
  if ((a->codes.n > 0) + (a->statuses.n > 0) + (a->when.n > 0) !=
      (b->codes.n > 0) + (b->statuses.n > 0) + (b->when.n > 0))
    return "conditions";
  if (a->general_removal != b->general_removal)
    return "advice";
  return x->min_length != y->min_length ? "length" : "id";
}
