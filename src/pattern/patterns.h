/* patterns.h - an immutable set of patterns and texts, and the matcher that runs its patterns
 *
 * A BpPatterns is read-only and may be shared between threads. A BpMatcher belongs to one: it holds the patterns
 * compiled so far (each at its first use) and the budget of matching work of the message at hand. */
#pragma once

#include "pattern/tables.h"

typedef struct BpPatterns BpPatterns;
typedef struct BpMatcher BpMatcher;

/* The shipped set with folders (NULL-terminated, may be NULL) laid over it. Without folders nothing is read and nothing
 * can fail; else NULL with BOUNCEPARSE_ERROR_PATTERN. */
BpPatterns *bp_patterns_new(const char *const *folders, GError **error);
void bp_patterns_free(BpPatterns *patterns);

/* A set of tables that stay the caller's. */
BpPatterns *bp_patterns_of(const BpTables *tables);
const BpTables *bp_patterns_tables(const BpPatterns *patterns);

/* A string of the set, "" for 0. */
#define BP_STR(tables, offset) ((tables)->text + (offset))

/* The same, NULL for 0. */
static inline const char *bp_string(const BpTables *t, BpString offset) {
  return offset ? t->text + offset : NULL;
}

/* The index of a language ("de", "de_AT.UTF-8"); that of English where the set has no such language. */
guint bp_language(const BpTables *t, const char *lang);

/* A translatable text, in English where the language lacks it; NULL where there is none. */
const char *bp_text(const BpTables *t, BpText text, guint lang);

/* The groups of one kind of file as a range of tables->groups are found by walking; an entry's value by its key: */
const char *bp_group_value(const BpTables *t, const BpGroupRecord *group, const char *key);

/* The index of the cause called id, BP_ANY where there is none. */
guint32 bp_find_cause(const BpTables *t, const char *id);

/* The vendor whose hosts end like host, BP_ANY for none; host may be NULL. */
guint32 bp_find_host(const BpTables *t, const char *host);

/* The record of a reply code (550) or status, the most exact one; NULL where none is known. */
const BpCodeRecord *bp_find_code(const BpTables *t, guint code);
const BpCodeRecord *bp_find_status(const BpTables *t, guint class, guint subject, guint detail);

/* What the digit at position (1 to 3) of a reply code says, or NULL. */
const BpCodeRecord *bp_find_digit(const BpTables *t, guint position, guint digit);

gboolean bp_condition_holds(const BpCondition *condition, guint32 a, guint32 b, guint32 c);

/* ---- running patterns --------------------------------------------------------------------------------------- */

BpMatcher *bp_matcher_new(const BpPatterns *patterns);
void bp_matcher_free(BpMatcher *matcher);
const BpTables *bp_matcher_tables(const BpMatcher *matcher);

/* A new message begins: its budget is whole again. */
void bp_matcher_begin(BpMatcher *matcher);

/* How much of it was used: steps, of which fifty million take about a second. */
gint64 bp_matcher_work(const BpMatcher *matcher);

/* TRUE where the last run came to a place of the text with too many ways to try, and left it at that. */
gboolean bp_matcher_gave_up(const BpMatcher *matcher);

/* TRUE where the budget was used up, so that not every pattern was run to its end. */
gboolean bp_matcher_exhausted(const BpMatcher *matcher);

/* Runs matcher number n on text (valid UTF-8) from byte start on, where a character begins. */
gboolean bp_matcher_run(BpMatcher *matcher, guint32 n, const char *text, gsize length, gsize start);

/* Where the whole match stands. */
void bp_matcher_span(const BpMatcher *matcher, gsize *from, gsize *to);

/* A named group of the last run; FALSE where it is not set. */
gboolean bp_matcher_group(const BpMatcher *matcher, const char *name, gsize *from, gsize *to);

/* Candidates of a domain for a text: the matchers that may match it, and where. They stay until the next call, those of
 * BP_MATCH_NONE until the next one for that; the text as long as they are used. */
typedef struct {
  const struct BpHits *hits;
  guint32 first; /* of the domain */
  guint32 at;    /* how many were called */
  const char *text;
  gsize length;
  gboolean by_place; /* the places in hits are those of text */
} BpCandidates;
BpCandidates bp_matcher_candidates(BpMatcher *matcher, BpMatchDomain domain, const char *text, gsize length);

/* Their numbers in order of precedence; BP_ANY behind the last. */
guint32 bp_candidates_next(BpCandidates *candidates);

/* FALSE where matcher n of the domain matches nowhere in the text. */
gboolean bp_candidates_include(const BpCandidates *candidates, guint32 n);

/* Runs matcher n, one of them, on the text. */
gboolean bp_candidates_run(BpMatcher *matcher, const BpCandidates *candidates, guint32 n);

/* The same on the text up to byte to, from byte from on: characters begin at both. */
gboolean bp_candidates_run_in(BpMatcher *matcher, const BpCandidates *candidates, guint32 n, gsize from, gsize to);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpPatterns, bp_patterns_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpMatcher, bp_matcher_free)
