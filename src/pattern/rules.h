/* rules.h - which rule of patterns/replies takes a reply */
#pragma once

#include "pattern/patterns.h"

/* A reply as rules see it. */
typedef struct {
  const char *words; /* without leading code and status; valid UTF-8 */
  gsize length;
  guint code;                   /* 0: none stated */
  guint class, subject, detail; /* of the status; class 0: none stated */
  guint32 vendor;               /* index of the vendor found, BP_ANY for none */
} BpRuleQuery;

/* The vendor whose sign words carry, BP_ANY for none. */
guint32 bp_find_sign(BpMatcher *m, const char *words, gsize length);

/* The matcher of the rule that wins among those that are weak or among those that are not; BP_ANY for none. The
 * matcher's captures are those of its match. candidates are those of BP_MATCH_REPLY for words. */
guint32 bp_rules_find(BpMatcher *m, const BpRuleQuery *query, BpCandidates candidates, gboolean weak);

/* The matcher of the rule that wins, where that of matcher would: its own, or one that over= puts before it. */
guint32 bp_rules_overrule(BpMatcher *m, const BpRuleQuery *query, BpCandidates candidates, guint32 matcher);

/* TRUE where a rule wins over another that it names in over=: where their ranks do not decide before. */
gboolean bp_rules_may_win(const BpRuleRecord *rule, const BpRuleRecord *other);

/* What decided between two matchers of which the first goes before the second. */
const char *bp_rules_step(const BpTables *t, guint32 first, guint32 second);

/* TRUE where the rule of a matcher, one of the candidates, takes the query; its captures are set. */
gboolean bp_rules_match(BpMatcher *m, const BpRuleQuery *query, const BpCandidates *candidates, guint32 matcher);
