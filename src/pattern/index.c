/* index.c - which patterns can match a text at all, and in which lines, told by the literals in it
 *
 * Each literal is filed under three of its bytes, the three that fewest other literals hold. A search looks at every
 * three bytes of the text once, and only where literals are filed under them compares those whole. */
#include "pattern/index.h"

#include "pattern/in-line.h"
#include "pattern/literal.h"

#include <string.h>

#define FREQUENCY_BITS 16

typedef struct {
  GString *text;
  GHashTable *texts; /* char * to where it stands in text */
  GArray *clauses;   /* of BpClauseRecord */
  GArray *literals;  /* of BpLiteralRecord */
  GArray *postings;  /* of BpPostingRecord */
  GArray *numbers;
  GArray *drafts;     /* of Draft: the literals of the domain at hand */
  guint16 *frequency; /* by gram: how many literals hold such bytes */
  guint32 bits;       /* of the buckets of the domain at hand */
} Indexer;

typedef struct {
  guint32 text, length;
  BpPostingRecord posting;
  guint32 at;
} Draft;

static guint16 *frequency_of(const Indexer *ix, const char *gram) {
  return &ix->frequency[bp_gram_bucket(bp_gram(gram), FREQUENCY_BITS)];
}

static void count_grams(Indexer *ix, const char *literal) {
  for (gsize i = 0, n = strlen(literal); i + BP_LITERAL_MIN <= n; i++) {
    guint16 *f = frequency_of(ix, literal + i);
    *f = (guint16)MIN(*f + 1, G_MAXUINT16);
  }
}

static guint32 rarest_gram(const Indexer *ix, const char *literal) {
  guint32 best = 0;
  for (guint32 i = 1, n = (guint32)strlen(literal); i + BP_LITERAL_MIN <= n; i++)
    if (*frequency_of(ix, literal + i) < *frequency_of(ix, literal + best))
      best = i;
  return best;
}

static guint32 bucket_of(const Indexer *ix, const Draft *d) {
  return bp_gram_bucket(bp_gram(ix->text->str + d->text + d->at), ix->bits);
}

static int compare_drafts(gconstpointer a, gconstpointer b, gpointer data) {
  const Draft *x = a, *y = b;
  guint32 p = bucket_of(data, x), q = bucket_of(data, y);
  if (p != q)
    return p < q ? -1 : 1;
  if (x->text != y->text)
    return x->text < y->text ? -1 : 1;
  return x->posting.clause < y->posting.clause ? -1 : x->posting.clause > y->posting.clause;
}

/* Files the drafts: each literal once. */
static void file_literals(Indexer *ix, BpDomainRecord *domain) {
  guint32 bucket = 0, first = ix->literals->len;
  domain->literals.first = first;
  domain->postings.first = ix->postings->len;
  if (ix->drafts->len == 0)
    return;
  ix->bits = domain->bits = CLAMP(g_bit_storage(ix->drafts->len) + 2, 4, 15);
  g_array_sort_with_data(ix->drafts, compare_drafts, ix);
  domain->buckets = (BpRange){ix->numbers->len, (1u << ix->bits) + 1};
  for (guint i = 0; i < ix->drafts->len; i++) {
    const Draft *d = &g_array_index(ix->drafts, Draft, i);
    guint32 n = ix->literals->len - first;
    for (; bucket <= bucket_of(ix, d); bucket++)
      g_array_append_val(ix->numbers, n);
    if (n == 0 || g_array_index(ix->literals, BpLiteralRecord, first + n - 1).text != d->text) {
      BpLiteralRecord r = {d->text,
                           d->length,
                           d->at,
                           bp_gram(ix->text->str + d->text + d->at),
                           {ix->postings->len - domain->postings.first, 0}};
      g_array_append_val(ix->literals, r);
    }
    g_array_index(ix->literals, BpLiteralRecord, ix->literals->len - 1).postings.n++;
    g_array_append_val(ix->postings, d->posting);
  }
  domain->literals.n = ix->literals->len - first;
  domain->postings.n = ix->postings->len - domain->postings.first;
  for (; bucket <= 1u << ix->bits; bucket++)
    g_array_append_val(ix->numbers, domain->literals.n);
}

/* What the matchers of a domain must contain: an array of clauses for each, NULL where it guarantees nothing. */
static GPtrArray *read_clauses(const Indexer *ix, const BpTables *t, const BpDomainRecord *domain) {
  GPtrArray *all = g_ptr_array_new();
  for (guint32 i = 0; i < domain->matchers.n; i++) {
    guint32 pattern = t->matchers[domain->matchers.first + i].pattern;
    g_ptr_array_add(all, pattern ? bp_literals_of(ix->text->str + pattern) : NULL);
  }
  return all;
}

static void count_clauses(Indexer *ix, const GPtrArray *clauses) {
  for (guint i = 0; clauses && i < clauses->len; i++) {
    const GPtrArray *sets = g_ptr_array_index(clauses, i);
    for (guint j = 0; j < sets->len; j++) {
      const GPtrArray *set = g_ptr_array_index(sets, j);
      for (guint k = 0; k < set->len; k++)
        count_grams(ix, g_ptr_array_index(set, k));
    }
  }
}

/* Where a literal stands in text. */
static guint32 intern(Indexer *ix, const char *literal) {
  gpointer known = g_hash_table_lookup(ix->texts, literal);
  if (known)
    return GPOINTER_TO_UINT(known);
  guint32 at = (guint32)ix->text->len;
  g_string_append_len(ix->text, literal, (gssize)strlen(literal) + 1);
  g_hash_table_insert(ix->texts, g_strdup(literal), GUINT_TO_POINTER(at));
  return at;
}

static void add_literal(Indexer *ix, const char *literal, guint32 clause, guint32 set) {
  Draft d = {intern(ix, literal), (guint32)strlen(literal), {clause, 1u << set}, rarest_gram(ix, literal)};
  g_array_append_val(ix->drafts, d);
}

static void add_clauses(Indexer *ix, const BpDomainRecord *domain, guint32 matcher, const GPtrArray *clauses,
                        gboolean in_line) {
  for (guint i = 0; i < clauses->len; i++) {
    const GPtrArray *sets = g_ptr_array_index(clauses, i);
    BpClauseRecord r = {matcher, (1u << sets->len) - 1, in_line};
    guint32 clause = ix->clauses->len - domain->clauses.first;
    g_array_append_val(ix->clauses, r);
    for (guint j = 0; j < sets->len; j++) {
      const GPtrArray *set = g_ptr_array_index(sets, j);
      for (guint k = 0; k < set->len; k++)
        add_literal(ix, g_ptr_array_index(set, k), clause, j);
    }
  }
}

static void index_domain(Indexer *ix, const BpTables *t, BpDomainRecord *domain, const GPtrArray *all) {
  g_array_set_size(ix->drafts, 0);
  domain->clauses.first = ix->clauses->len;
  domain->always.first = ix->numbers->len;
  for (guint32 i = 0; i < all->len; i++) {
    const GPtrArray *clauses = g_ptr_array_index(all, i);
    if (clauses) {
      const char *pattern = ix->text->str + t->matchers[domain->matchers.first + i].pattern;
      add_clauses(ix, domain, i, clauses, bp_stays_in_line(pattern));
    } else {
      g_array_append_val(ix->numbers, i);
      domain->always.n++;
    }
  }
  domain->clauses.n = ix->clauses->len - domain->clauses.first;
  file_literals(ix, domain);
}

static void free_clauses(gpointer clauses) {
  if (clauses)
    g_ptr_array_unref(clauses);
}

/* How often three bytes stand in literals tells how often they stand in texts: all domains together know it best. */
static void index_domains(Indexer *ix, const BpTables *t, BpDomainRecord *domains) {
  GPtrArray *all[BP_N_MATCH];
  for (guint i = 0; i < BP_N_MATCH; i++) {
    all[i] = read_clauses(ix, t, &domains[i]);
    g_ptr_array_set_free_func(all[i], free_clauses);
    for (guint j = 0; j < all[i]->len; j++)
      count_clauses(ix, g_ptr_array_index(all[i], j));
  }
  for (guint i = 0; i < BP_N_MATCH; i++) {
    index_domain(ix, t, &domains[i], all[i]);
    g_ptr_array_unref(all[i]);
  }
}

/* Takes over a table of tables to append to it. */
static GArray *reopen(gconstpointer table, guint n, guint size) {
  GArray *array = g_array_new(FALSE, TRUE, size);
  if (n)
    g_array_append_vals(array, table, n);
  g_free((gpointer)(guintptr)table);
  return array;
}

void bp_index_build(BpTables *t, gsize text_length) {
  Indexer ix = {.text = g_string_new_len(t->text, (gssize)text_length),
                .texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                .drafts = g_array_new(FALSE, FALSE, sizeof(Draft)),
                .frequency = g_new0(guint16, 1u << FREQUENCY_BITS)};
  g_free((gpointer)(guintptr)t->text);
  ix.clauses = reopen(t->clauses, 0, sizeof(BpClauseRecord));
  ix.literals = reopen(t->literals, 0, sizeof(BpLiteralRecord));
  ix.postings = reopen(t->postings, 0, sizeof(BpPostingRecord));
  ix.numbers = reopen(t->numbers, t->n_numbers, sizeof(guint32));
  index_domains(&ix, t, (BpDomainRecord *)(guintptr)t->domains);
  t->n_clauses = ix.clauses->len;
  t->clauses = (const BpClauseRecord *)(gconstpointer)g_array_free(ix.clauses, FALSE);
  t->n_literals = ix.literals->len;
  t->literals = (const BpLiteralRecord *)(gconstpointer)g_array_free(ix.literals, FALSE);
  t->n_postings = ix.postings->len;
  t->postings = (const BpPostingRecord *)(gconstpointer)g_array_free(ix.postings, FALSE);
  t->n_numbers = ix.numbers->len;
  t->numbers = (const guint32 *)(gconstpointer)g_array_free(ix.numbers, FALSE);
  t->text = g_string_free(ix.text, FALSE);
  g_hash_table_unref(ix.texts);
  g_array_unref(ix.drafts);
  g_free(ix.frequency);
}

/* ---- searching ---------------------------------------------------------------------------------------------- */

/* Which of a clause's sets were found, at the time of stamp: what is older does not count. */
struct BpSeen {
  guint32 stamp, sets;
};

void bp_hits_init(BpHits *hits, const BpTables *t) {
  guint32 matchers = 0, clauses = 0;
  for (guint i = 0; i < t->n_domains; i++) {
    matchers = MAX(matchers, t->domains[i].matchers.n);
    clauses = MAX(clauses, t->domains[i].clauses.n);
  }
  *hits = (BpHits){.matchers = g_new0(guint64, matchers / 64 + 1),
                   .first = g_new0(guint32, matchers + 1),
                   .last = g_new0(guint32, matchers + 1),
                   .seen = g_new0(struct BpSeen, clauses + 1)};
}

void bp_hits_clear(BpHits *hits) {
  g_free(hits->matchers);
  g_free(hits->first);
  g_free(hits->last);
  g_free(hits->seen);
}

/* The matcher may match in the line, BP_ANY for any. */
static void take_matcher(BpHits *hits, guint32 n, guint32 line) {
  guint64 bit = G_GUINT64_CONSTANT(1) << (n % 64);
  if (!(hits->matchers[n / 64] & bit))
    hits->first[n] = line == BP_ANY ? 0 : line;
  hits->matchers[n / 64] |= bit;
  hits->last[n] = line;
}

/* A literal was found in the line that begins at line; hits->stamp tells lines apart, whole stands for the text. */
static void take_literal(const BpTables *t, const BpDomainRecord *domain, const BpLiteralRecord *literal, guint32 line,
                         guint32 whole, BpHits *hits) {
  const BpPostingRecord *p = t->postings + domain->postings.first + literal->postings.first;
  const BpClauseRecord *clauses = t->clauses + domain->clauses.first;
  for (const BpPostingRecord *end = p + literal->postings.n; p < end; p++) {
    const BpClauseRecord *clause = &clauses[p->clause];
    struct BpSeen *seen = &hits->seen[p->clause];
    guint32 stamp = clause->in_line ? hits->stamp : whole;
    if (seen->stamp != stamp)
      *seen = (struct BpSeen){stamp, 0};
    if (seen->sets & p->set)
      continue;
    seen->sets |= p->set;
    if (seen->sets == clause->sets)
      take_matcher(hits, clause->matcher, clause->in_line ? line : BP_ANY);
  }
}

static void begin_search(const BpTables *t, const BpDomainRecord *domain, gsize length, BpHits *hits) {
  memset(hits->matchers, 0, (domain->matchers.n / 64 + 1) * sizeof *hits->matchers);
  if (hits->stamp >= G_MAXUINT32 - length - 2) {
    memset(hits->seen, 0, domain->clauses.n * sizeof *hits->seen);
    hits->stamp = 0;
  }
  hits->stamp++;
  for (guint32 i = 0; i < domain->always.n; i++)
    take_matcher(hits, t->numbers[domain->always.first + i], BP_ANY);
}

void bp_index_search(const BpTables *t, BpMatchDomain which, const char *folded, gsize length, BpHits *hits) {
  const BpDomainRecord *domain = &t->domains[which];
  begin_search(t, domain, length, hits);
  if (domain->buckets.n == 0 || length < BP_LITERAL_MIN)
    return;
  const guint32 *starts = t->numbers + domain->buckets.first, whole = hits->stamp;
  const BpLiteralRecord *literals = t->literals + domain->literals.first;
  guint32 line = 0;
  for (gsize i = 0; i + BP_LITERAL_MIN <= length; i++) {
    guint32 gram = bp_gram(folded + i), bucket = bp_gram_bucket(gram, domain->bits);
    for (guint32 j = starts[bucket]; j < starts[bucket + 1]; j++) {
      const BpLiteralRecord *l = &literals[j];
      if (l->gram == gram && i >= l->at && l->length - l->at <= length - i &&
          memcmp(folded + i - l->at, t->text + l->text, l->length) == 0)
        take_literal(t, domain, l, line, whole, hits);
    }
    if (folded[i] == '\n') {
      line = (guint32)i + 1;
      hits->stamp++;
    }
  }
}
