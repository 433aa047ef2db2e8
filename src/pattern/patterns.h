/* patterns.h - an immutable set of patterns and texts, and the matcher that runs its patterns
 *
 * A BpPatterns is read-only and may be shared between threads. A BpMatcher belongs to one: it holds the patterns
 * compiled so far (each at its first use) and the budget of matching work of the message at hand. */
#pragma once

#include "pattern/lookup.h"

typedef struct BpPatterns BpPatterns;
typedef struct BpMatcher BpMatcher;

/* The shipped set with folders (NULL-terminated, may be NULL) laid over it. Without folders nothing is read and nothing
 * can fail; else NULL with BOUNCEPARSE_ERROR_PATTERN. */
BpPatterns *bp_patterns_new(const char *const *folders, GError **error);
void bp_patterns_free(BpPatterns *patterns);

/* A set of tables that stay the caller's. */
BpPatterns *bp_patterns_of(const BpTables *tables);
const BpTables *bp_patterns_tables(const BpPatterns *patterns);

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
