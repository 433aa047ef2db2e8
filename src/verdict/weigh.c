/* weigh.c - whether the words of a reply, taken together, speak for another cause than the one that was found
 *
 * What a rule says is right far more often than what single words do, so these must speak clearly; the less so, the
 * less was known. In doubt no recipient is removed. */
#include "pattern/words.h"
#include "verdict/court.h"

#define WORDS_LEAST 3 /* so many words a reply must have */

static gboolean is_unknown(const BpTables *t, const BpCauseRecord *cause) {
  return g_str_equal(BP_STR(t, cause->id), "unknown");
}

static gboolean is_prose(const BpCourt *c) {
  return !c->reply.code && !c->reply.status.class;
}

/* How much clearer the words must speak for the other cause, in tenths of a natural logarithm of odds. Weights were
 * learned from replies: of a text that is none, such as the prose of a report, they tell less. */
enum { OVER_RULE = 45, OVER_WEAK_RULE = 20, OVER_CODE = 20, IN_PROSE = 15, OVER_REMOVAL = -15, NEVER = 10000 };

static int needed_over(const BpRuleRecord *rule) {
  return !rule ? OVER_CODE : rule->weak ? OVER_WEAK_RULE : OVER_RULE;
}

/* What a rule or a status for sure knows to be of another than the recipient stays so. */
static int needed(const BpCourt *c, const BpCauseRecord *other) {
  gboolean removes = bp_court_removes_for(c, c->cause), would_remove = bp_court_removes_for(c, other);
  gboolean sure = c->rule ? !c->rule->weak : c->by_code && !c->by_code->weak;
  int over = needed_over(c->rule);
  if (sure && would_remove && !removes)
    return NEVER;
  if (is_prose(c))
    over += IN_PROSE;
  return removes && !would_remove ? over + OVER_REMOVAL : over;
}

/* Weights are divided by the square root of the number of features: a difference of squares spares it. */
static gboolean is_clear(const BpWeights *w, gint32 difference, int tenths) {
  gint64 least = (gint64)tenths * BP_WORD_WEIGHT_ONE, ten = (gint64)difference * 10;
  return tenths <= 0 || ten * ten >= least * least * w->n;
}

/* TRUE where a wording that many share would remove the recipient and the words speak more for a cause that keeps it: a
 * removal wants two witnesses. A rule that knows whose reply it is, or names the status, needs no other. */
static gboolean is_doubted(const BpCourt *c, const BpWeights *w) {
  const BpTables *t = c->tables;
  gint32 gone = G_MININT32, other = G_MININT32;
  if (!c->rule || c->rule->vendor || c->rule->statuses.n || !bp_court_removes_for(c, c->cause))
    return FALSE;
  guint32 unknown = bp_find_cause(t, "unknown");
  for (guint32 i = 0; i < t->n_word_causes; i++) {
    guint32 cause = t->word_causes[i];
    if (cause == BP_ANY || cause == unknown)
      continue;
    gint32 *best = t->causes[cause].advice == c->cause->advice ? &gone : &other; /* a set holds each string once */
    *best = MAX(*best, w->of[i]);
  }
  return other > gone && is_clear(w, other - gone, is_prose(c) ? IN_PROSE : 0);
}

void bp_court_weigh(BpCourt *c) {
  const BpTables *t = c->tables;
  BpWords words;
  BpWeights w;
  guint32 found = (guint32)(c->cause - t->causes), own = BP_ANY, best = 0;
  BpRuleQuery q = bp_court_query(c, c->reply.words, c->reply.length);
  bp_words_read(q.words, q.length, q.code, q.class, q.subject, q.detail, &words);
  bp_words_weigh(t, &words, &w);
  for (guint32 i = 0; i < t->n_word_causes; i++) {
    best = w.of[i] > w.of[best] ? i : best;
    own = t->word_causes[i] == found ? i : own;
  }
  c->doubted = words.n_words >= WORDS_LEAST && is_doubted(c, &w);
  if (words.n_words < WORDS_LEAST || own == BP_ANY || best == own || t->word_causes[best] == BP_ANY)
    return;
  const BpCauseRecord *other = &t->causes[t->word_causes[best]];
  if (is_unknown(t, other) || !is_clear(&w, w.of[best] - w.of[own], needed(c, other)))
    return;
  c->by_words = bp_court_removes_for(c, other) && !bp_court_removes_for(c, c->cause);
  bp_court_overrule(c, other, BP_BY_WORDS);
}
