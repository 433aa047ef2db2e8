/* court.h - a verdict that is being reached: what the files of it share */
#pragma once

#include "pattern/rules.h"
#include "report/reply.h"
#include "verdict/verdict.h"

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
  gboolean by_words;           /* nothing but the words of the reply together tells that the recipient is gone */
  gboolean doubted;            /* the words do not bear out that the recipient is gone */
  GArray *facts, *listings, *steps;
  GPtrArray *references;
  BpVerdict *verdict;
} BpCourt;

/* ---- decide.c ----------------------------------------------------------------------------------------------- */

/* Reads the reply, its code and its status. */
void bp_court_read(BpCourt *c);

/* Finds the vendor, and the cause by the order of evidence. */
void bp_court_decide(BpCourt *c);

/* The rule of a matcher decides; its captures are those of its match in words. */
void bp_court_take_rule(BpCourt *c, guint32 matcher, const char *words, const char *how);

/* Another cause than the one that was found. */
void bp_court_overrule(BpCourt *c, const BpCauseRecord *cause, const char *how);

/* What rules are asked of words. */
BpRuleQuery bp_court_query(const BpCourt *c, const char *words, gsize length);

/* TRUE where a cause, which may be NULL, advises to remove the recipient. */
gboolean bp_court_removes_for(const BpCourt *c, const BpCauseRecord *cause);

/* ---- weigh.c ----------------------------------------------------------------------------------------------- */

/* Another cause than the one that was found, where the words of the reply together speak clearly for it. */
void bp_court_weigh(BpCourt *c);

/* ---- heed.c ------------------------------------------------------------------------------------------------- */

/* Another cause than the words told, where something else tells that they are not about the recipient. */
void bp_court_heed(BpCourt *c);

/* ---- advice.c ----------------------------------------------------------------------------------------------- */

/* A text in the verdict's language; NULL for none. */
const char *bp_court_text(const BpCourt *c, BpText t);

/* The texts of a cause; NULL where the set does not have it. */
const BpCauseRecord *bp_court_answer(const BpCourt *c, const char *id);

/* Takes title, meaning, reason and steps from one. */
void bp_court_speak(BpCourt *c, const BpCauseRecord *answer);

/* Advises on the cause that was found. */
void bp_court_advise(BpCourt *c);

void bp_court_add_steps(BpCourt *c, BpRange steps);
void bp_court_add_references(BpCourt *c);
void bp_court_describe_codes(BpCourt *c);
