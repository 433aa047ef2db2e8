/* index-build.c - files the literals of patterns, so that a text tells which patterns can match it
 *
 * How often three bytes stand in the examples of pattern files, and in literals, tells how often they stand in texts.
 * Each literal is filed under the three of its bytes that are rarest. Of the sets of a clause, the rarest leads to it:
 * what is common, such as "user", is only looked up for the few clauses that something rarer has led to. Clauses that
 * are often led to stand together. */
#include "pattern/index.h"
#include "pattern/literal.h"
#include "pattern/needs.h"

#include <string.h>

#define FREQUENCY_BITS 16
#define OF_EXAMPLE 8 /* so many literals one example counts for: it is a text */

typedef struct {
  GString *text;
  GHashTable *texts; /* char * to where it stands in text */
  GArray *literals;  /* of BpLiteralRecord */
  GArray *numbers;
  guint32 *frequency; /* by gram: how often examples and literals hold it */
  GPtrArray *drafts;  /* of Draft: the literals of the domain at hand */
  GHashTable *known;  /* where a literal stands in text to its Draft */
} Indexer;

typedef struct {
  guint32 text, length, at;
  guint32 hash;  /* of its gram */
  guint32 n;     /* its place among the domain's literals */
  GArray *leads; /* clauses of whose key it is one, see BpLiteralRecord */
} Draft;

static guint32 *frequency_of(const Indexer *ix, const char *gram) {
  return &ix->frequency[bp_gram_hash(bp_gram(gram)) >> (32 - FREQUENCY_BITS)];
}

static void count_grams(Indexer *ix, const char *folded, guint32 times) {
  for (gsize i = 0, n = strlen(folded); i + BP_LITERAL_MIN <= n; i++)
    *frequency_of(ix, folded + i) += times;
}

static guint32 rarest_gram(const Indexer *ix, const char *literal) {
  guint32 best = 0;
  for (guint32 i = 1, n = (guint32)strlen(literal); i + BP_LITERAL_MIN <= n; i++)
    if (*frequency_of(ix, literal + i) < *frequency_of(ix, literal + best))
      best = i;
  return best;
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

static void free_draft(gpointer draft) {
  g_array_unref(((Draft *)draft)->leads);
  g_free(draft);
}

static Draft *draft_of(Indexer *ix, const char *literal) {
  guint32 text = intern(ix, literal);
  Draft *d = g_hash_table_lookup(ix->known, GUINT_TO_POINTER(text));
  if (d)
    return d;
  d = g_new0(Draft, 1);
  *d = (Draft){.text = text, .length = (guint32)strlen(literal), .at = rarest_gram(ix, literal)};
  d->hash = bp_gram_hash(bp_gram(literal + d->at));
  d->leads = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_ptr_array_add(ix->drafts, d);
  g_hash_table_insert(ix->known, GUINT_TO_POINTER(text), d);
  return d;
}

static int compare_drafts(gconstpointer a, gconstpointer b) {
  const Draft *x = *(Draft *const *)a, *y = *(Draft *const *)b;
  if (x->hash != y->hash)
    return x->hash < y->hash ? -1 : 1;
  return x->text < y->text ? -1 : x->text > y->text;
}

/* ---- the literals of a domain ------------------------------------------------------------------------------- */

static void free_needs(gpointer needs) {
  bp_needs_free(needs);
}

/* A matcher without a pattern needs nothing. */
static BpNeeds *needs_of(const Indexer *ix, const BpMatcherRecord *matcher) {
  if (matcher->needs)
    return bp_needs_read(&bp_shipped_tables, matcher->needs);
  return matcher->pattern ? bp_needs_of(ix->text->str + matcher->pattern) : g_new0(BpNeeds, 1);
}

/* What the matchers of a domain need. */
static GPtrArray *read_needs(const Indexer *ix, const BpTables *t, const BpDomainRecord *domain) {
  GPtrArray *all = g_ptr_array_new_with_free_func(free_needs);
  for (guint32 i = 0; i < domain->matchers.n; i++)
    g_ptr_array_add(all, needs_of(ix, &t->matchers[domain->matchers.first + i]));
  return all;
}

static const BpNeeds *needs_at(const GPtrArray *all, guint32 i) {
  return g_ptr_array_index(all, i);
}

typedef void (*ForLiteral)(Indexer *ix, const char *literal);

static void for_literals(Indexer *ix, const GPtrArray *all, ForLiteral what) {
  for (guint i = 0; i < all->len; i++) {
    const GPtrArray *clauses = needs_at(all, i)->clauses;
    for (guint j = 0; clauses && j < clauses->len; j++) {
      const GPtrArray *sets = g_ptr_array_index(clauses, j);
      for (guint k = 0; k < sets->len; k++) {
        const BpLiteralSet *set = g_ptr_array_index(sets, k);
        for (guint l = 0; l < set->literals->len; l++)
          what(ix, g_ptr_array_index(set->literals, l));
      }
    }
  }
}

static void note_literal(Indexer *ix, const char *literal) {
  draft_of(ix, literal);
}

static void count_literal(Indexer *ix, const char *literal) {
  count_grams(ix, literal, 1);
}

static guint32 bits_for(guint32 n, guint32 more, guint32 most) {
  return CLAMP(g_bit_storage(n) + more, 5, most);
}

/* Numbers the literals in the order of their buckets, and says where each bucket begins. */
static void file_literals(Indexer *ix, BpDomainRecord *domain) {
  if (ix->drafts->len == 0)
    return;
  guint32 bucket = 0, n = ix->drafts->len;
  g_ptr_array_sort(ix->drafts, compare_drafts);
  domain->bits = bits_for(n, 2, 15);
  domain->buckets = (BpRange){ix->numbers->len, (1u << domain->bits) + 1};
  for (guint32 i = 0; i < n; i++) {
    Draft *d = g_ptr_array_index(ix->drafts, i);
    d->n = i;
    for (; bucket <= d->hash >> (32 - domain->bits); bucket++)
      g_array_append_val(ix->numbers, i);
  }
  for (; bucket <= 1u << domain->bits; bucket++)
    g_array_append_val(ix->numbers, n);
}

/* A filter of so many bits behind the other numbers. */
static BpRange add_filter(Indexer *ix, guint32 bits) {
  BpRange filter = {ix->numbers->len, 1u << (bits - 5)};
  g_array_set_size(ix->numbers, filter.first + filter.n);
  return filter;
}

static void add_to_filter(Indexer *ix, BpRange filter, guint32 bits, guint32 hash) {
  guint32 bit = hash >> (32 - bits);
  g_array_index(ix->numbers, guint32, filter.first + bit / 32) |= 1u << (bit % 32);
}

static void make_filter(Indexer *ix, BpDomainRecord *domain) {
  if (ix->drafts->len == 0)
    return;
  domain->filter_bits = bits_for(ix->drafts->len, 5, 16);
  domain->filter = add_filter(ix, domain->filter_bits);
  for (guint i = 0; i < ix->drafts->len; i++) {
    guint32 hash = ((const Draft *)g_ptr_array_index(ix->drafts, i))->hash;
    add_to_filter(ix, domain->filter, domain->filter_bits, hash);
    if (domain->of_text.n)
      add_to_filter(ix, domain->of_text, BP_TEXT_FILTER_BITS, hash);
  }
}

/* A single key needs no list. */
static BpRange put_keys(Indexer *ix, const Draft *d) {
  BpRange keys = {ix->numbers->len, d->leads->len};
  if (keys.n == 1)
    keys.first = g_array_index(d->leads, guint32, 0);
  else
    g_array_append_vals(ix->numbers, d->leads->data, d->leads->len);
  return keys;
}

static void put_literals(Indexer *ix, BpDomainRecord *domain) {
  domain->literals = (BpRange){ix->literals->len, ix->drafts->len};
  for (guint i = 0; i < ix->drafts->len; i++) {
    const Draft *d = g_ptr_array_index(ix->drafts, i);
    char first[8] = "";
    memcpy(first, ix->text->str + d->text, MIN(d->length, sizeof first));
    guint64 head = bp_head(first, d->length);
    BpLiteralRecord r = {.text = d->text,
                         .length = d->length,
                         .at = d->at,
                         .head = {(guint32)head, (guint32)(head >> 32)},
                         .keys = put_keys(ix, d)};
    g_array_append_val(ix->literals, r);
    domain->keys += d->leads->len;
  }
}

/* ---- its clauses -------------------------------------------------------------------------------------------- */

typedef struct {
  guint32 matcher;
  const GPtrArray *sets;
  const BpLiteralSet *key; /* the rarest of them */
  guint64 frequency;       /* of the key, no less than that */
  gboolean in_line;
} Clause;

static guint64 frequency_of_set(const Indexer *ix, const BpLiteralSet *set) {
  guint64 n = 0;
  for (guint i = 0; i < set->literals->len; i++) {
    const char *literal = g_ptr_array_index(set->literals, i);
    n += *frequency_of(ix, literal + rarest_gram(ix, literal));
  }
  return n;
}

static void add_clauses(const Indexer *ix, GArray *clauses, guint32 matcher, const BpNeeds *needs) {
  for (guint i = 0; needs->clauses && i < needs->clauses->len; i++) {
    Clause clause = {matcher, g_ptr_array_index(needs->clauses, i), NULL, G_MAXUINT64, needs->in_line};
    for (guint j = 0; j < clause.sets->len; j++) {
      const BpLiteralSet *set = g_ptr_array_index(clause.sets, j);
      guint64 frequency = frequency_of_set(ix, set);
      if (frequency < clause.frequency) {
        clause.frequency = frequency;
        clause.key = set;
      }
    }
    g_array_append_val(clauses, clause);
  }
}

static void add_key(Indexer *ix, const BpLiteralSet *set, guint32 clause, gboolean in_line) {
  guint32 key = clause * 2 + (in_line ? 1 : 0);
  for (guint i = 0; i < set->literals->len; i++)
    g_array_append_val(draft_of(ix, g_ptr_array_index(set->literals, i))->leads, key);
}

static guint32 clause_head(const BpLiteralSet *key, guint32 others) {
  return key->before ? bp_clause_head(others, BP_BEHIND_MOST, 0)
                     : bp_clause_head(others, MIN(key->behind.least, BP_BEHIND_MOST - 1), key->behind.most);
}

static void add_set(Indexer *ix, const BpLiteralSet *set) {
  g_array_append_val(ix->numbers, set->literals->len);
  for (guint i = 0; i < set->literals->len; i++)
    g_array_append_val(ix->numbers, draft_of(ix, g_ptr_array_index(set->literals, i))->n);
}

static void put_clause(Indexer *ix, const Clause *clause) {
  guint32 head = clause_head(clause->key, clause->sets->len - 1);
  add_key(ix, clause->key, ix->numbers->len, clause->in_line);
  g_array_append_val(ix->numbers, clause->matcher);
  g_array_append_val(ix->numbers, head);
  for (guint i = 0; i < clause->sets->len; i++)
    if (g_ptr_array_index(clause->sets, i) != clause->key)
      add_set(ix, g_ptr_array_index(clause->sets, i));
}

static int compare_clauses(gconstpointer a, gconstpointer b) {
  const Clause *x = a, *y = b;
  if (x->frequency != y->frequency)
    return x->frequency > y->frequency ? -1 : 1;
  return x->matcher < y->matcher ? -1 : x->matcher > y->matcher;
}

static void put_clauses(Indexer *ix, const GPtrArray *all) {
  g_autoptr(GArray) clauses = g_array_new(FALSE, FALSE, sizeof(Clause));
  for (guint32 i = 0; i < all->len; i++)
    add_clauses(ix, clauses, i, needs_at(all, i));
  g_array_sort(clauses, compare_clauses);
  for (guint i = 0; i < clauses->len; i++)
    put_clause(ix, &g_array_index(clauses, Clause, i));
}

static void put_always(Indexer *ix, BpDomainRecord *domain, const GPtrArray *all) {
  domain->always.first = ix->numbers->len;
  for (guint32 i = 0; i < all->len; i++)
    if (!needs_at(all, i)->clauses) {
      g_array_append_val(ix->numbers, i);
      domain->always.n++;
    }
}

static void index_domain(Indexer *ix, BpDomainRecord *domain, const GPtrArray *all) {
  ix->drafts = g_ptr_array_new_with_free_func(free_draft);
  ix->known = g_hash_table_new(NULL, NULL);
  for_literals(ix, all, note_literal);
  file_literals(ix, domain);
  make_filter(ix, domain);
  put_clauses(ix, all);
  put_literals(ix, domain);
  put_always(ix, domain, all);
  g_hash_table_unref(ix->known);
  g_ptr_array_unref(ix->drafts);
}

static void count_examples(Indexer *ix, const BpGroup *group) {
  for (guint i = 0; i < group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(group->pairs, BpPair, i);
    if (g_str_equal(pair->key, "example") || g_str_equal(pair->key, "counter")) {
      gsize length;
      g_autofree char *folded = bp_literal_fold(pair->value, strlen(pair->value), &length);
      count_grams(ix, folded, OF_EXAMPLE);
    }
  }
}

static void count_all_examples(Indexer *ix, const BpSource *source) {
  for (guint kind = 0; kind < BP_N_FILES; kind++)
    for (guint i = 0; i < source->groups[kind]->len; i++)
      count_examples(ix, g_array_index(source->groups[kind], BpPlacedGroup, i).group);
}

static void index_domains(Indexer *ix, const BpTables *t, BpDomainRecord *domains) {
  GPtrArray *all[BP_N_MATCH];
  for (guint i = 0; i < BP_N_MATCH; i++) {
    all[i] = read_needs(ix, t, &domains[i]);
    for_literals(ix, all[i], count_literal);
  }
  BpRange of_text = add_filter(ix, BP_TEXT_FILTER_BITS);
  for (guint i = 0; i < BP_N_MATCH; i++) {
    if (bp_is_of_text(i))
      domains[i].of_text = of_text;
    index_domain(ix, &domains[i], all[i]);
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

void bp_index_build(BpTables *t, gsize text_length, const BpSource *source) {
  Indexer ix = {.text = g_string_new_len(t->text, (gssize)text_length),
                .texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                .frequency = g_new0(guint32, 1u << FREQUENCY_BITS)};
  g_free((gpointer)(guintptr)t->text);
  ix.literals = reopen(t->literals, 0, sizeof(BpLiteralRecord));
  ix.numbers = reopen(t->numbers, t->n_numbers, sizeof(guint32));
  count_all_examples(&ix, source);
  index_domains(&ix, t, (BpDomainRecord *)(guintptr)t->domains);
  t->n_literals = ix.literals->len;
  t->literals = (const BpLiteralRecord *)(gconstpointer)g_array_free(ix.literals, FALSE);
  t->n_numbers = ix.numbers->len;
  t->numbers = (const guint32 *)(gconstpointer)g_array_free(ix.numbers, FALSE);
  t->text = g_string_free(ix.text, FALSE);
  g_hash_table_unref(ix.texts);
  g_free(ix.frequency);
}
