/* verdict.h - from what a reply says to why, and what next
 *
 * A record of reply text, status, code, hosts goes in; one cause, its permanence, advice and texts come out.
 * It reads no mail. Strings live in the arena or in the pattern set. */
#pragma once

#include "base/arena.h"
#include "pattern/patterns.h"
#include "report/report.h"

#define BP_BY_WORDS "words" /* what decided where it was the words of a reply together */

typedef struct {
  const char *name; /* NULL where the code is not known */
  const char *text;
  const char *digits[3]; /* reply codes only */
} BpCodeMeaning;

typedef struct {
  const char *id;
  const char *name;
  const char *kind;    /* "ip", "domain", "uri", "reputation" */
  const char *status;  /* "active", "closed" … */
  const char *lookup;  /* a URL, filled in, or NULL */
  const char *removal; /* a URL, or NULL */
  const char *note;    /* or NULL */
} BpListing;

typedef struct {
  const char *name;
  const char *value; /* as stated */
  gint64 number;     /* retry_after in seconds; else -1 */
} BpFact;

typedef struct {
  gboolean for_admin;
  const char *text;
} BpStep;

typedef struct {
  const char *lang; /* of the texts: "en", "de" */
  const char *vendor;
  const char *rule;  /* id of the text rule that decided, or NULL */
  const char *cause; /* NULL for what is no failure */
  const char *category;
  const char *permanence; /* "permanent", "temporary", "unknown" */
  const char *advice;     /* "remove", "retry", "fix", "review" */
  const char *reason;
  const char *title;
  const char *meaning;
  const char *suggestion;
  const char *decided_by; /* "rule", "weak rule", "status", "code", BP_BY_WORDS … */
  BpCodeMeaning status_meaning;
  BpCodeMeaning code_meaning;
  BpListing *blocklists;
  guint n_blocklists;
  BpFact *facts;
  guint n_facts;
  BpStep *steps;
  guint n_steps;
  const char **references;
  guint n_references;
} BpVerdict;

/* What the verdict is reached on. Any of them but text may be NULL. */
typedef struct {
  const char *text;   /* the reply, one line, code and status still in front if they were */
  const char *before; /* what announces it, where it was cut out of a sentence */
  const char *type;   /* of the diagnostic: "smtp", "x-unix" */
  const char *status;
  const char *code;
  const char *command; /* that was refused: "MAIL FROM" */
  const char *remote_host;
  const char *reporter_host;
  const char *address;    /* the recipient's */
  const char *senders[3]; /* addresses of who sent the message */
  BpAction action;
  const char *feedback_type;
  gboolean hearsay; /* no mail system tells of it */
} BpEvidence;

/* lang: see bp_language(); texts that lack it are English. Never NULL. */
BpVerdict *bp_verdict_reach(BpArena *arena, BpMatcher *matcher, const BpEvidence *evidence, guint lang);

/* What is to be said of a cause by itself; NULL where there is no such cause. */
BpVerdict *bp_verdict_of_cause(BpArena *arena, BpMatcher *matcher, const char *cause, guint lang);
