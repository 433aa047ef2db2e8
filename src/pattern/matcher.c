/* matcher.c - runs the patterns of a set on texts
 *
 * A message has a budget of matching work: each run is charged for its own, and when nothing is left, no further
 * pattern is run. */
#include "pattern/index.h"
#include "pattern/literal.h"
#include "pattern/patterns.h"
#include "pattern/pcre.h"
#include "pattern/program.h"

#include <string.h>

#define BUDGET (25 * 1000 * 1000LL) /* steps of matching a message may take: about half a second */

/* How a pattern is run for which the set has no program: by the shipped set's, by one that was made here, or by PCRE2.
 */
typedef struct {
  const guint32 *program;
  GArray *own;
  BpPcre *pcre;
} Runner;

/* A text and how it is folded: it is often searched in several domains. */
typedef struct {
  GString *text, *folded;
  gboolean as_long; /* each character is where it was */
  GArray *places;   /* see bp_index_find_places(); NULL for other texts than a notification's */
} Folded;

struct BpMatcher {
  const BpTables *tables;
  Runner *runners; /* of all matchers; NULL as long as none is needed */
  BpRun *run;
  gboolean found;     /* by the last run … */
  const BpPcre *pcre; /* … of PCRE2, or NULL */
  BpHits hits;        /* of the last search … */
  BpHits named;       /* … and of that among the patterns that are run by name */
  Folded line, text;  /* the last header field or reply that was searched, and the last notification's text */
  gint64 budget;
};

BpMatcher *bp_matcher_new(const BpPatterns *patterns) {
  BpMatcher *m = g_new0(BpMatcher, 1);
  m->tables = bp_patterns_tables(patterns);
  m->run = bp_run_new();
  bp_hits_init(&m->hits, m->tables, BP_MATCH_REPLY, BP_MATCH_NONE - 1);
  bp_hits_init(&m->named, m->tables, BP_MATCH_NONE, BP_MATCH_NONE);
  m->line = (Folded){g_string_new(NULL), g_string_new(NULL), TRUE, NULL};
  m->text = (Folded){g_string_new(NULL), g_string_new(NULL), TRUE, g_array_new(FALSE, FALSE, sizeof(guint32))};
  bp_matcher_begin(m);
  return m;
}

static void folded_clear(Folded *f) {
  g_string_free(f->text, TRUE);
  g_string_free(f->folded, TRUE);
  g_clear_pointer(&f->places, g_array_unref);
}

void bp_matcher_free(BpMatcher *m) {
  for (guint32 i = 0; m->runners && i < m->tables->n_matchers; i++) {
    g_clear_pointer(&m->runners[i].own, g_array_unref);
    bp_pcre_free(m->runners[i].pcre);
  }
  g_free(m->runners);
  bp_run_free(m->run);
  bp_hits_clear(&m->hits);
  bp_hits_clear(&m->named);
  folded_clear(&m->line);
  folded_clear(&m->text);
  g_free(m);
}

const BpTables *bp_matcher_tables(const BpMatcher *m) {
  return m->tables;
}

void bp_matcher_begin(BpMatcher *m) {
  m->budget = BUDGET;
}

gint64 bp_matcher_work(const BpMatcher *m) {
  return BUDGET - m->budget;
}

gboolean bp_matcher_gave_up(const BpMatcher *m) {
  return m->pcre ? bp_pcre_gave_up(m->pcre) : bp_run_gave_up(m->run);
}

gboolean bp_matcher_exhausted(const BpMatcher *m) {
  return m->budget <= 0;
}

/* The runner of a pattern, made at its first use. All patterns of a set were compiled once when it was built. */
static const Runner *runner(BpMatcher *m, guint32 n) {
  const BpTables *t = m->tables;
  if (!m->runners)
    m->runners = g_new0(Runner, t->n_matchers);
  Runner *r = &m->runners[n];
  if (r->program || r->pcre)
    return r;
  const char *pattern = BP_STR(t, t->matchers[n].pattern);
  if ((r->own = bp_program_build(pattern)))
    r->program = &g_array_index(r->own, guint32, 0);
  else
    r->pcre = bp_pcre_new(pattern);
  return r;
}

/* Runs matcher n; a match may begin no later than at last. */
static gboolean run(BpMatcher *m, guint32 n, const char *text, gsize length, gsize start, gsize last) {
  m->found = FALSE;
  if (bp_matcher_exhausted(m) || start > last)
    return FALSE;
  guint32 shipped = m->tables->matchers[n].program;
  const Runner *made = shipped ? NULL : runner(m, n);
  const guint32 *program = made ? made->program : bp_shipped_tables.programs + shipped;
  m->pcre = made ? made->pcre : NULL;
  m->found = program ? bp_run_search(m->run, program, text, length, start, last, &m->budget)
                     : made->pcre && bp_pcre_search(made->pcre, text, length, start, &m->budget);
  return m->found;
}

gboolean bp_matcher_run(BpMatcher *m, guint32 n, const char *text, gsize length, gsize start) {
  return run(m, n, text, length, start, length);
}

void bp_matcher_span(const BpMatcher *m, gsize *from, gsize *to) {
  if (m->pcre)
    bp_pcre_span(m->pcre, from, to);
  else
    bp_run_span(m->run, from, to);
}

gboolean bp_matcher_group(const BpMatcher *m, const char *name, gsize *from, gsize *to) {
  if (!m->found)
    return FALSE;
  return m->pcre ? bp_pcre_group(m->pcre, name, from, to) : bp_run_group(m->run, name, from, to);
}

/* Folds a text, unless it is the one folded last, or such a one's beginning. Returns how long it is folded. */
static gsize fold(const BpMatcher *m, Folded *f, const char *text, gsize length) {
  gboolean known = length <= f->text->len;
  if (known && (length == f->text->len || f->as_long) && memcmp(f->text->str, text, length) == 0)
    return length == f->text->len ? f->folded->len : length;
  g_string_truncate(f->text, 0);
  g_string_append_len(f->text, text, (gssize)length);
  f->as_long = bp_literal_fold_into(f->folded, text, length);
  g_string_append_len(f->folded, "\0\0\0\0\0\0\0", 8); /* which the index may read */
  g_string_truncate(f->folded, f->folded->len - 8);
  if (f->places)
    bp_index_find_places(m->tables, f->folded->str, f->folded->len, f->places);
  return f->folded->len;
}

BpCandidates bp_matcher_candidates(BpMatcher *m, BpMatchDomain domain, const char *text, gsize length) {
  const BpDomainRecord *d = &m->tables->domains[domain];
  Folded *f = bp_is_of_text(domain) ? &m->text : &m->line;
  gsize folded = fold(m, f, text, length);
  BpHits *hits = domain == BP_MATCH_NONE ? &m->named : &m->hits;
  bp_index_search(m->tables, domain, f->folded->str, folded, f->places, hits);
  return (BpCandidates){
      .hits = hits, .first = d->matchers.first, .text = text, .length = length, .by_place = f->as_long};
}

guint32 bp_candidates_next(BpCandidates *c) {
  return c->at < c->hits->n_found ? c->first + c->hits->found[c->at++] : BP_ANY;
}

gboolean bp_candidates_include(const BpCandidates *c, guint32 n) {
  n -= c->first;
  return (c->hits->matchers[n / 64] >> (n % 64) & 1) != 0;
}

gboolean bp_candidates_run_in(BpMatcher *m, const BpCandidates *c, guint32 n, gsize from, gsize to) {
  guint32 first = c->hits->first[n - c->first], last = c->hits->last[n - c->first];
  if (!c->by_place || last == BP_ANY)
    return run(m, n, c->text, to, from, to);
  for (; first < to && (c->text[first] & 0xc0) == 0x80; first++)
    ;
  return run(m, n, c->text, to, MAX(from, first), MIN(last, to));
}

gboolean bp_candidates_run(BpMatcher *m, const BpCandidates *c, guint32 n) {
  return bp_candidates_run_in(m, c, n, 0, c->length);
}
