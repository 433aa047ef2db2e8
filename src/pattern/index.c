/* index.c - which patterns can match a text at all, told by the literals in it
 *
 * Each literal is filed under three of its bytes, the three that fewest other literals hold. A search looks at every
 * three bytes of the text once, and only where literals are filed under them compares those whole. */
#include "pattern/index.h"

#include "pattern/literal.h"

#include <string.h>

#define FREQUENCY_BITS 16

typedef struct {
  GString *text;
  GArray *clauses;  /* of BpClauseRecord */
  GArray *literals; /* of BpLiteralRecord */
  GArray *numbers;
  guint16 *frequency; /* by gram: how many literals hold such bytes */
  guint32 bits;       /* of the buckets of the domain at hand */
} Indexer;

static void count_grams(Indexer *ix, const char *literal) {
  for (gsize i = 0, n = strlen(literal); i + BP_LITERAL_MIN <= n; i++) {
    guint16 *f = &ix->frequency[bp_gram_bucket(literal + i, FREQUENCY_BITS)];
    *f = (guint16)MIN(*f + 1, G_MAXUINT16);
  }
}

static guint32 rarest_gram(const Indexer *ix, const char *literal) {
  guint32 best = 0;
  for (guint32 i = 1, n = (guint32)strlen(literal); i + BP_LITERAL_MIN <= n; i++)
    if (ix->frequency[bp_gram_bucket(literal + i, FREQUENCY_BITS)] <
        ix->frequency[bp_gram_bucket(literal + best, FREQUENCY_BITS)])
      best = i;
  return best;
}

static int compare_buckets(gconstpointer a, gconstpointer b, gpointer data) {
  const BpLiteralRecord *x = a, *y = b;
  const Indexer *ix = data;
  const char *text = ix->text->str;
  guint32 p = bp_gram_bucket(text + x->text + x->at, ix->bits), q = bp_gram_bucket(text + y->text + y->at, ix->bits);
  if (p != q)
    return p < q ? -1 : 1;
  return x->clause < y->clause ? -1 : x->clause > y->clause;
}

static void file_literals(Indexer *ix, BpDomainRecord *domain) {
  domain->literals.n = ix->literals->len - domain->literals.first;
  if (domain->literals.n == 0)
    return;
  BpLiteralRecord *first = &g_array_index(ix->literals, BpLiteralRecord, domain->literals.first);
  ix->bits = domain->bits = CLAMP(g_bit_storage(domain->literals.n) + 1, 4, 15);
  g_qsort_with_data(first, (gint)domain->literals.n, sizeof *first, compare_buckets, ix);
  domain->buckets = (BpRange){ix->numbers->len, (1u << ix->bits) + 1};
  guint32 at = 0;
  for (guint32 bucket = 0; bucket <= 1u << ix->bits; bucket++) {
    while (at < domain->literals.n && bp_gram_bucket(ix->text->str + first[at].text + first[at].at, ix->bits) < bucket)
      at++;
    g_array_append_val(ix->numbers, at);
  }
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

static void add_literal(Indexer *ix, const char *literal, guint32 clause, guint32 set) {
  BpLiteralRecord r = {(guint32)ix->text->len, (guint32)strlen(literal), rarest_gram(ix, literal), clause, 1u << set};
  g_string_append_len(ix->text, literal, (gssize)r.length + 1);
  g_array_append_val(ix->literals, r);
}

static void add_clauses(Indexer *ix, const BpDomainRecord *domain, guint32 matcher, const GPtrArray *clauses) {
  for (guint i = 0; i < clauses->len; i++) {
    const GPtrArray *sets = g_ptr_array_index(clauses, i);
    BpClauseRecord r = {matcher, (1u << sets->len) - 1};
    guint32 clause = ix->clauses->len - domain->clauses.first;
    g_array_append_val(ix->clauses, r);
    for (guint j = 0; j < sets->len; j++) {
      const GPtrArray *set = g_ptr_array_index(sets, j);
      for (guint k = 0; k < set->len; k++)
        add_literal(ix, g_ptr_array_index(set, k), clause, j);
    }
  }
}

static void index_domain(Indexer *ix, const BpTables *t, BpDomainRecord *domain) {
  g_autoptr(GPtrArray) all = g_ptr_array_new();
  memset(ix->frequency, 0, sizeof *ix->frequency << FREQUENCY_BITS);
  for (guint32 i = 0; i < domain->matchers.n; i++) {
    guint32 pattern = t->matchers[domain->matchers.first + i].pattern;
    g_ptr_array_add(all, pattern ? bp_literals_of(ix->text->str + pattern) : NULL);
    count_clauses(ix, g_ptr_array_index(all, i));
  }
  domain->clauses.first = ix->clauses->len;
  domain->literals.first = ix->literals->len;
  domain->always.first = ix->numbers->len;
  for (guint32 i = 0; i < all->len; i++) {
    GPtrArray *clauses = g_ptr_array_index(all, i);
    if (clauses) {
      add_clauses(ix, domain, i, clauses);
      g_ptr_array_unref(clauses);
    } else {
      g_array_append_val(ix->numbers, i);
      domain->always.n++;
    }
  }
  domain->clauses.n = ix->clauses->len - domain->clauses.first;
  file_literals(ix, domain);
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
                .frequency = g_new0(guint16, 1u << FREQUENCY_BITS)};
  g_free((gpointer)(guintptr)t->text);
  ix.clauses = reopen(t->clauses, 0, sizeof(BpClauseRecord));
  ix.literals = reopen(t->literals, 0, sizeof(BpLiteralRecord));
  ix.numbers = reopen(t->numbers, t->n_numbers, sizeof(guint32));
  BpDomainRecord *domains = (BpDomainRecord *)(guintptr)t->domains;
  for (guint i = 0; i < BP_MATCH_NONE; i++)
    index_domain(&ix, t, &domains[i]);
  t->n_clauses = ix.clauses->len;
  t->clauses = (const BpClauseRecord *)(gconstpointer)g_array_free(ix.clauses, FALSE);
  t->n_literals = ix.literals->len;
  t->literals = (const BpLiteralRecord *)(gconstpointer)g_array_free(ix.literals, FALSE);
  t->n_numbers = ix.numbers->len;
  t->numbers = (const guint32 *)(gconstpointer)g_array_free(ix.numbers, FALSE);
  t->text = g_string_free(ix.text, FALSE);
  g_free(ix.frequency);
}

static void set_bit(guint64 *bits, guint32 n) {
  bits[n / 64] |= G_GUINT64_CONSTANT(1) << (n % 64);
}

void bp_index_search(const BpTables *t, BpMatchDomain which, const char *folded, gsize length, GArray *seen,
                     guint64 *candidates) {
  const BpDomainRecord *domain = &t->domains[which];
  for (guint32 i = 0; i < domain->always.n; i++)
    set_bit(candidates, t->numbers[domain->always.first + i]);
  if (domain->buckets.n == 0 || length < BP_LITERAL_MIN)
    return;
  const guint32 *starts = t->numbers + domain->buckets.first;
  const BpLiteralRecord *literals = t->literals + domain->literals.first;
  const BpClauseRecord *clauses = t->clauses + domain->clauses.first;
  g_array_set_size(seen, 0);
  g_array_set_size(seen, domain->clauses.n);
  guint8 *found = (guint8 *)seen->data;
  for (gsize i = 0; i + BP_LITERAL_MIN <= length; i++) {
    guint32 bucket = bp_gram_bucket(folded + i, domain->bits);
    for (guint32 j = starts[bucket]; j < starts[bucket + 1]; j++) {
      const BpLiteralRecord *l = &literals[j];
      if (i < l->at || l->length - l->at > length - i || (found[l->clause] & l->set) ||
          memcmp(folded + i - l->at, t->text + l->text, l->length) != 0)
        continue;
      found[l->clause] |= (guint8)l->set;
      if (found[l->clause] == clauses[l->clause].sets)
        set_bit(candidates, clauses[l->clause].matcher);
    }
  }
}
