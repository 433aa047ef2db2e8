/* matcher.c - runs the patterns of a set on texts
 *
 * PCRE2's match limit starts anew at each position of the text and so bounds no time. A message therefore has a budget:
 * each run is charged for what it took, and when nothing is left, no further pattern is run. Long texts are searched
 * window by window, so that no single run takes much longer than that. */
#include "pattern/compiled.h"
#include "pattern/index.h"
#include "pattern/literal.h"
#include "pattern/patterns.h"

#include <pcre2.h>
#include <string.h>
#include <time.h>

#define MATCH_LIMIT 10000                 /* PCRE2's, for each position */
#define BUDGET_TIME (800 * 1000 * 1000LL) /* nanoseconds of matching a message may take */
#define JIT_COST 200                      /* nanoseconds that machine code takes to make, a byte of what is compiled */
#define WINDOW (16 * 1024)                /* bytes in which a match must lie that begins in their first half */
#define LONG_TEXT 1024                    /* bytes from which a run is timed by itself */
#define TIME_EVERY 8                      /* runs on short texts of which one is timed for all */

typedef struct {
  pcre2_code *code;
  gint64 until_jit; /* nanoseconds of running until there is machine code */
} Compiled;

/* A text and how it is folded: it is often searched in several domains. */
typedef struct {
  GString *text, *folded;
  GArray *places; /* see bp_index_find_places(); NULL for other texts than a notification's */
} Folded;

struct BpMatcher {
  const BpTables *tables;
  Compiled *compiled;
  pcre2_match_data *data;
  pcre2_match_context *context;
  GByteArray *room;       /* for bp_compiled_code() */
  const pcre2_code *last; /* whose captures data holds, or NULL */
  BpHits hits;            /* of the last search … */
  BpHits named;           /* … and of that among the patterns that are run by name */
  Folded line, text;      /* the last header field or reply that was searched, and the last notification's text */
  gint64 spent;
  guint runs;
};

BpMatcher *bp_matcher_new(const BpPatterns *patterns) {
  BpMatcher *m = g_new0(BpMatcher, 1);
  m->tables = bp_patterns_tables(patterns);
  m->compiled = g_new0(Compiled, m->tables->n_matchers);
  m->data = pcre2_match_data_create(32, NULL);
  m->context = pcre2_match_context_create(NULL);
  pcre2_set_match_limit(m->context, MATCH_LIMIT);
  m->room = g_byte_array_new();
  bp_hits_init(&m->hits, m->tables);
  bp_hits_init(&m->named, m->tables);
  m->line = (Folded){g_string_new(NULL), g_string_new(NULL), NULL};
  m->text = (Folded){g_string_new(NULL), g_string_new(NULL), g_array_new(FALSE, FALSE, sizeof(guint32))};
  return m;
}

static void folded_clear(Folded *f) {
  g_string_free(f->text, TRUE);
  g_string_free(f->folded, TRUE);
  g_clear_pointer(&f->places, g_array_unref);
}

void bp_matcher_free(BpMatcher *m) {
  for (guint32 i = 0; i < m->tables->n_matchers; i++)
    pcre2_code_free(m->compiled[i].code);
  g_free(m->compiled);
  pcre2_match_data_free(m->data);
  pcre2_match_context_free(m->context);
  g_byte_array_unref(m->room);
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
  m->spent = 0;
  m->runs = 0;
}

gboolean bp_matcher_exhausted(const BpMatcher *m) {
  return m->spent > BUDGET_TIME;
}

/* The pattern, whose code is NULL where it cannot be compiled: those of a set were all compiled once when it was built.
 */
static Compiled *compiled(BpMatcher *m, guint32 n) {
  Compiled *c = &m->compiled[n];
  if (c->code)
    return c;
  PCRE2_SIZE size = 0;
  c->code = bp_compiled_code(m->tables, n, m->room);
  if (c->code)
    pcre2_pattern_info(c->code, PCRE2_INFO_SIZE, &size);
  c->until_jit = (gint64)size * JIT_COST;
  return c;
}

/* Charges a run to the message, and to its pattern: machine code is made when interpreting has cost as much. */
static void charge(BpMatcher *m, Compiled *c, gint64 time) {
  m->spent += time;
  gboolean before = c->until_jit > 0;
  c->until_jit -= time;
  if (before && c->until_jit <= 0)
    pcre2_jit_compile(c->code, PCRE2_JIT_COMPLETE);
}

static gint64 now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * G_GINT64_CONSTANT(1000000000) + t.tv_nsec;
}

static int run_once(BpMatcher *m, const pcre2_code *code, const char *text, gsize length, gsize start,
                    guint32 options) {
  options |= PCRE2_NO_UTF_CHECK;
  int found = pcre2_match(code, (PCRE2_SPTR)text, length, start, options, m->data, m->context);
  /* Whether there is machine code yet may not change the answer. */
  if (found == PCRE2_ERROR_JIT_STACKLIMIT)
    found = pcre2_match(code, (PCRE2_SPTR)text, length, start, options | PCRE2_NO_JIT, m->data, m->context);
  return found;
}

/* The beginning of the character that text has at at. */
static gsize char_begin(const char *text, gsize at) {
  while (at > 0 && ((guchar)text[at] & 0xc0) == 0x80)
    at--;
  return at;
}

/* Searches until stop, a time. */
static gboolean search(BpMatcher *m, const pcre2_code *code, const char *text, gsize length, gsize start, gint64 stop) {
  while (length - start > WINDOW) {
    gsize end = char_begin(text, start + WINDOW), next = char_begin(text, start + WINDOW / 2);
    if (run_once(m, code, text, end, start, PCRE2_NOTEOL) >= 0 && pcre2_get_ovector_pointer(m->data)[0] < next)
      return TRUE;
    if (now() > stop)
      return FALSE;
    start = next;
  }
  return run_once(m, code, text, length, start, 0) >= 0;
}

gboolean bp_matcher_run(BpMatcher *m, guint32 n, const char *text, gsize length, gsize start) {
  m->last = NULL;
  if (bp_matcher_exhausted(m) || start > length)
    return FALSE;
  Compiled *c = compiled(m, n);
  if (!c->code)
    return FALSE;
  gboolean alone = length >= LONG_TEXT, timed = alone || ++m->runs % TIME_EVERY == 0;
  gint64 before = timed ? now() : 0;
  gboolean found = search(m, c->code, text, length, start, before + BUDGET_TIME - m->spent);
  if (timed)
    charge(m, c, (now() - before) * (alone ? 1 : TIME_EVERY));
  if (found)
    m->last = c->code;
  return found;
}

void bp_matcher_span(const BpMatcher *m, gsize *from, gsize *to) {
  const PCRE2_SIZE *at = pcre2_get_ovector_pointer(m->data);
  *from = at[0];
  *to = at[1];
}

gboolean bp_matcher_group(const BpMatcher *m, const char *name, gsize *from, gsize *to) {
  const PCRE2_SIZE *at = pcre2_get_ovector_pointer(m->data);
  PCRE2_SPTR first, last;
  if (!m->last)
    return FALSE;
  int size = pcre2_substring_nametable_scan(m->last, (PCRE2_SPTR)name, &first, &last);
  if (size < 0)
    return FALSE;
  for (PCRE2_SPTR entry = first; entry <= last; entry += size) {
    guint n = (guint)entry[0] << 8 | entry[1];
    if (n >= pcre2_get_ovector_count(m->data) || at[2 * n] == PCRE2_UNSET)
      continue;
    *from = at[2 * n];
    *to = at[2 * n + 1];
    return TRUE;
  }
  return FALSE;
}

/* Folds a text, unless it is the one folded last, or such a one's beginning. Returns how long it is folded. */
static gsize fold(const BpMatcher *m, Folded *f, const char *text, gsize length) {
  gboolean same_places = f->folded->len == f->text->len, known = length <= f->text->len;
  if (known && (length == f->text->len || same_places) && memcmp(f->text->str, text, length) == 0)
    return length == f->text->len ? f->folded->len : length;
  g_string_truncate(f->text, 0);
  g_string_append_len(f->text, text, (gssize)length);
  bp_literal_fold_into(f->folded, text, length);
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
  /* Where folding makes a text longer, its places are not those of the text. */
  return (BpCandidates){.hits = hits,
                        .first = d->matchers.first,
                        .n = d->matchers.n,
                        .text = text,
                        .length = length,
                        .by_line = folded == length};
}

/* Sets where a match of the domain's n-th matcher may stand. */
static void find_lines(BpCandidates *c, guint32 n) {
  c->from = 0;
  c->to = c->length;
  if (!c->by_line || c->hits->last[n] == BP_ANY)
    return;
  const char *last = c->text + c->hits->last[n], *end = memchr(last, '\n', c->length - c->hits->last[n]);
  c->from = c->hits->first[n];
  c->to = end ? (gsize)(end - c->text) : c->length;
}

guint32 bp_candidates_next(BpCandidates *c) {
  while (c->at < c->n) {
    guint64 rest = c->hits->matchers[c->at / 64] >> (c->at % 64);
    if (!rest) {
      c->at = (c->at / 64 + 1) * 64;
      continue;
    }
    c->at += (guint32)__builtin_ctzll(rest);
    if (c->at >= c->n)
      return BP_ANY;
    find_lines(c, c->at);
    return c->first + c->at++;
  }
  return BP_ANY;
}

gboolean bp_candidates_include(const BpCandidates *c, guint32 n) {
  n -= c->first;
  return (c->hits->matchers[n / 64] >> (n % 64) & 1) != 0;
}

gboolean bp_candidates_run(BpMatcher *m, const BpCandidates *c, gsize start) {
  start = MAX(start, c->from);
  return start <= c->to && bp_matcher_run(m, c->first + c->at - 1, c->text, c->to, start);
}
