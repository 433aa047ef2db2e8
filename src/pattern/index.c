/* index.c - which patterns can match a text at all, and where, told by the literals in it
 *
 * Every three bytes of the text are looked up in a filter that fits the processor's nearest cache; only where literals
 * may be filed under them these are compared whole. A literal leads to the clauses whose rarest set it belongs to. At
 * the end of the line, or of the text, it is known whether their other sets were found as well. */
#include "pattern/index.h"

#include "pattern/literal.h"

#include <string.h>

#define AT_A_TIME 64 /* places whose buckets are asked for together */

/* A clause that a literal has led to. */
typedef struct {
  guint32 clause, literal;
  guint32 at; /* where the literal begins that was found first in the line, or the text */
} Lead;

/* Stamps number lines, of all searches: what has an older one than that of the line, or of the text's first line, was
 * not found in it. */
struct BpSeen {
  struct {
    guint32 stamp, at;     /* when, and where it began */
  } * literals;            /* when each was found last */
  Lead *in_line, *in_text; /* to be looked at at the end of the line, or the text */
  guint32 n_in_line, n_in_text;
  guint32 n_literals; /* of the largest domain */
  guint32 stamp;
  GArray *places; /* of guint32, where a literal of the domain may stand */
};

typedef struct {
  const BpTables *t;
  const BpDomainRecord *domain;
  const char *folded;
  gsize length;
  BpHits *hits;
  struct BpSeen *seen;
  gsize line, next; /* where it begins, and the next one */
  guint32 whole;    /* no later than the stamp of the text's first line */
} Search;

void bp_hits_init(BpHits *hits, const BpTables *t, BpMatchDomain from, BpMatchDomain to) {
  guint32 matchers = 0, keys = 0, literals = 0;
  for (guint i = from; i <= to; i++) {
    matchers = MAX(matchers, t->domains[i].matchers.n);
    keys = MAX(keys, t->domains[i].keys);
    literals = MAX(literals, t->domains[i].literals.n);
  }
  *hits = (BpHits){.matchers = g_new0(guint64, matchers / 64 + 1),
                   .words = g_new0(guint64, matchers / (64 * 64) + 1),
                   .n_words = matchers / (64 * 64) + 1,
                   .found = g_new(guint32, matchers + 1),
                   .first = g_new(guint32, matchers + 1),
                   .last = g_new(guint32, matchers + 1),
                   .seen = g_new0(struct BpSeen, 1)};
  *hits->seen = (struct BpSeen){.literals = g_malloc0_n(literals + 1, sizeof *hits->seen->literals),
                                .n_literals = literals,
                                .in_line = g_new(Lead, keys + 1),
                                .in_text = g_new(Lead, keys + 1),
                                .places = g_array_new(FALSE, FALSE, sizeof(guint32))};
}

void bp_hits_clear(BpHits *hits) {
  g_free(hits->matchers);
  g_free(hits->words);
  g_free(hits->found);
  g_free(hits->first);
  g_free(hits->last);
  g_free(hits->seen->literals);
  g_free(hits->seen->in_line);
  g_free(hits->seen->in_text);
  g_array_unref(hits->seen->places);
  g_free(hits->seen);
}

/* A match of the matcher may begin between first and last, BP_ANY for anywhere. */
static inline void take_matcher(BpHits *hits, guint32 n, guint32 first, guint32 last) {
  guint64 bit = G_GUINT64_CONSTANT(1) << (n % 64);
  gboolean known = (hits->matchers[n / 64] & bit) != 0;
  hits->matchers[n / 64] |= bit;
  hits->words[n / (64 * 64)] |= G_GUINT64_CONSTANT(1) << (n / 64 % 64);
  hits->first[n] = known ? MIN(hits->first[n], first) : first;
  hits->last[n] = known ? MAX(hits->last[n], last) : last;
}

/* TRUE where one of n literals was found since a stamp. */
static gboolean found_of(const Search *s, const guint32 *literals, guint32 n, guint32 since) {
  for (guint32 i = 0; i < n; i++)
    if (s->seen->literals[literals[i]].stamp >= since)
      return TRUE;
  return FALSE;
}

/* A literal of every set of a clause was found since a stamp. */
static gboolean found_all(const Search *s, const guint32 *clause, guint32 since) {
  const guint32 *set = clause + 2;
  guint32 sets = bp_clause_sets(clause[1]);
  for (; sets > 0 && found_of(s, set + 1, *set, since); sets--)
    set += 1 + *set;
  return sets == 0;
}

/* Takes the clause's matcher, with where its matches may begin between from and to. */
static void take_clause(const Search *s, const Lead *lead, const guint32 *clause, guint32 from, guint32 to) {
  guint32 least = bp_clause_least(clause[1]), most = bp_clause_most(clause[1]), before = lead->at - from;
  guint32 last = s->seen->literals[lead->literal].at;
  if (least > most)
    take_matcher(s->hits, clause[0], from, to);
  else if (last - from >= least)
    take_matcher(s->hits, clause[0], most == BP_BEHIND_MOST || before < most ? from : lead->at - most, last - least);
}

/* Takes the clauses of a list of which a literal of every set was found since a stamp, between from and to. */
static void take_clauses(const Search *s, const Lead *list, guint32 n, guint32 since, guint32 from, guint32 to) {
  for (guint32 i = 0; i < n; i++) {
    const guint32 *clause = s->t->numbers + list[i].clause;
    if (found_all(s, clause, since))
      take_clause(s, &list[i], clause, from, to);
  }
}

/* Each literal counts once in a line, and in a text. */
static void take_literal(const Search *s, guint32 n, const BpLiteralRecord *literal, gsize at) {
  struct BpSeen *seen = s->seen;
  const guint32 *key = literal->keys.n == 1 ? &literal->keys.first : s->t->numbers + literal->keys.first;
  const guint32 *end = key + literal->keys.n;
  guint32 before = seen->literals[n].stamp;
  seen->literals[n].stamp = seen->stamp;
  seen->literals[n].at = (guint32)at;
  if (before == seen->stamp)
    return;
  gboolean again = before >= s->whole;
  for (; key < end; key++) {
    __builtin_prefetch(s->t->numbers + *key / 2);
    if (*key % 2)
      seen->in_line[seen->n_in_line++] = (Lead){*key / 2, n, (guint32)at};
    else if (!again)
      seen->in_text[seen->n_in_text++] = (Lead){*key / 2, n, (guint32)at};
  }
}

static gboolean stands_at(const Search *s, const BpLiteralRecord *l, gsize at) {
  const char *text = s->folded + at;
  return l->length <= s->length - at && bp_head(text, l->length) == (l->head[0] | (guint64)l->head[1] << 32) &&
         (l->length <= 8 || memcmp(text + 8, s->t->text + l->text + 8, l->length - 8) == 0);
}

/* Where the bucket of the gram at at begins, and behind it where it ends. */
static inline const guint32 *bucket_at(const Search *s, gsize at) {
  guint32 hash = bp_gram_hash(bp_gram(s->folded + at));
  return s->t->numbers + s->domain->buckets.first + (hash >> (32 - s->domain->bits));
}

/* Compares the literals of a bucket, under which the gram at at is filed. */
static void look_up(const Search *s, gsize at, BpRange bucket) {
  const BpLiteralRecord *literals = s->t->literals + s->domain->literals.first;
  for (guint32 i = bucket.first, end = i + bucket.n; i < end; i++)
    if (at >= literals[i].at && stands_at(s, &literals[i], at - literals[i].at))
      take_literal(s, i, &literals[i], at - literals[i].at);
}

static void end_line(const Search *s) {
  guint32 end = (guint32)(s->next > s->line && s->folded[s->next - 1] == '\n' ? s->next - 1 : s->next);
  take_clauses(s, s->seen->in_line, s->seen->n_in_line, s->seen->stamp, (guint32)s->line, end);
  s->seen->n_in_line = 0;
}

/* Goes on to the line that holds at. */
static void go_to_line(Search *s, gsize at) {
  end_line(s);
  s->seen->stamp++;
  const char *before = memrchr(s->folded + s->next, '\n', at - s->next);
  const char *behind = memchr(s->folded + at, '\n', s->length - at);
  s->line = before ? (gsize)(before - s->folded) + 1 : s->next;
  s->next = behind ? (gsize)(behind - s->folded) + 1 : s->length;
}

static inline guint32 passes(const guint32 *filter, guint32 bits, guint32 hash) {
  guint32 bit = hash >> (32 - bits);
  return filter[bit / 32] >> (bit % 32) & 1;
}

/* The places that pass a filter of so many bits, among those given, or where none are among all. No branch hangs on
 * what the filter says: it could not be foretold. */
static void find_places(const guint32 *filter, guint32 bits, const char *folded, gsize length, const GArray *among,
                        GArray *places) {
  guint32 end = (guint32)length - BP_LITERAL_MIN + 1, n = 0; /* of the places where a gram may begin */
  guint32 all = among ? among->len : end;
  const guint32 *given = among ? (const guint32 *)(gconstpointer)among->data : NULL;
  g_array_set_size(places, all);
  guint32 *found = (guint32 *)(gpointer)places->data;
  for (guint32 i = 0; i < all; i++) {
    guint32 place = given ? given[i] : i;
    if (place >= end)
      break;
    found[n] = place;
    n += passes(filter, bits, bp_gram_hash(bp_gram(folded + place)));
  }
  g_array_set_size(places, n);
}

void bp_index_find_places(const BpTables *t, const char *folded, gsize length, GArray *places) {
  const guint32 *filter = t->numbers + t->domains[BP_MATCH_BODY].of_text.first;
  g_array_set_size(places, 0);
  if (length >= BP_LITERAL_MIN)
    find_places(filter, BP_TEXT_FILTER_BITS, folded, length, NULL, places);
}

/* The buckets of n places. They and their literals lie far apart, and memory brings many at a time if it is asked for
 * them early. */
static void find_buckets(const Search *s, const guint32 *places, guint n, BpRange *buckets) {
  for (guint i = 0; i < n; i++)
    __builtin_prefetch(bucket_at(s, places[i]));
  for (guint i = 0; i < n; i++) {
    const guint32 *bucket = bucket_at(s, places[i]);
    const BpLiteralRecord *literals = s->t->literals + s->domain->literals.first + bucket[0];
    buckets[i] = (BpRange){bucket[0], bucket[1] - bucket[0]};
    __builtin_prefetch(literals);
    __builtin_prefetch(literals + 2);
  }
}

/* Looks up every gram that passes the domain's filter, or those of them that stand at the places. */
static void look_through(Search *s, const GArray *places) {
  BpRange buckets[AT_A_TIME];
  GArray *own = s->seen->places;
  find_places(s->t->numbers + s->domain->filter.first, s->domain->filter_bits, s->folded, s->length, places, own);
  const guint32 *all = (const guint32 *)(gconstpointer)own->data;
  for (guint i = 0; i < own->len; i++) {
    if (i % AT_A_TIME == 0)
      find_buckets(s, all + i, MIN(own->len - i, AT_A_TIME), buckets);
    if (all[i] >= s->next)
      go_to_line(s, all[i]);
    look_up(s, all[i], buckets[i % AT_A_TIME]);
  }
  end_line(s);
}

static guint32 lowest_bit(guint64 bits) {
  return (guint32)__builtin_ctzll(bits);
}

static void forget_matchers(BpHits *hits) {
  for (guint32 i = 0; i < hits->n_words; i++) {
    for (guint64 words = hits->words[i]; words; words &= words - 1)
      hits->matchers[i * 64 + lowest_bit(words)] = 0;
    hits->words[i] = 0;
  }
}

static void begin_search(const Search *s) {
  struct BpSeen *seen = s->seen;
  forget_matchers(s->hits);
  if (seen->stamp >= G_MAXUINT32 - (s->length + 2)) {
    memset(seen->literals, 0, seen->n_literals * sizeof *seen->literals);
    seen->stamp = 0;
  }
  seen->stamp++;
  seen->n_in_text = 0;
  for (guint32 i = 0; i < s->domain->always.n; i++)
    take_matcher(s->hits, s->t->numbers[s->domain->always.first + i], 0, BP_ANY);
}

static void number_matchers(BpHits *hits) {
  hits->n_found = 0;
  for (guint32 i = 0; i < hits->n_words; i++)
    for (guint64 words = hits->words[i]; words; words &= words - 1) {
      guint32 word = i * 64 + lowest_bit(words);
      for (guint64 bits = hits->matchers[word]; bits; bits &= bits - 1)
        hits->found[hits->n_found++] = word * 64 + lowest_bit(bits);
    }
}

void bp_index_search(const BpTables *t, BpMatchDomain which, const char *folded, gsize length, const GArray *places,
                     BpHits *hits) {
  Search s = {
      .t = t, .domain = &t->domains[which], .folded = folded, .length = length, .hits = hits, .seen = hits->seen};
  begin_search(&s);
  if (s.domain->buckets.n && length >= BP_LITERAL_MIN) {
    s.whole = s.seen->stamp;
    look_through(&s, places);
    take_clauses(&s, s.seen->in_text, s.seen->n_in_text, s.whole, 0, (guint32)length);
  }
  number_matchers(hits);
}
