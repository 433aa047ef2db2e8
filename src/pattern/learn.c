/* learn.c - the weights of words, learned from replies whose cause is known
 *
 * Multinomial logistic regression, by stochastic gradient descent with a step for each weight (AdaGrad). It runs when
 * the library is built; in what order numbers are added is fixed, and exp() is our own, so that every machine comes to
 * the same weights. */
#include "pattern/learn.h"

#include "pattern/lookup.h"
#include "pattern/words.h"
#include "report/reply.h"

#include <math.h>
#include <string.h>

#define ROUNDS 5
#define STEP 0.3
#define SEEN_LEAST 2 /* a feature that only one reply has says nothing of others */

typedef struct {
  guint32 column; /* of its cause */
  BpRange ids;    /* in Learning.ids: features, later rows */
} Sample;

typedef struct {
  const BpTables *tables;
  GHashTable *known; /* texts that are in */
  GArray *samples;   /* of Sample */
  GArray *ids;       /* of guint32 */
  GArray *columns;   /* of guint32: causes */
  GArray *rows;      /* of guint32: features that have weights, in ascending order */
  double *weights, *squares;
} Learning;

static guint32 column_of(Learning *l, guint32 cause) {
  for (guint i = 0; i < l->columns->len; i++)
    if (g_array_index(l->columns, guint32, i) == cause)
      return i;
  g_array_append_val(l->columns, cause);
  return l->columns->len - 1;
}

static int compare_ids(gconstpointer a, gconstpointer b) {
  guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
  return x < y ? -1 : x > y;
}

/* ---- replies ------------------------------------------------------------------------------------------------ */

static void add_reply(Learning *l, const char *text, guint32 cause) {
  if (!g_hash_table_add(l->known, (gpointer)(guintptr)text))
    return;
  g_autoptr(BpArena) arena = bp_arena_new();
  BpReply reply;
  BpWords words;
  bp_reply_parse(arena, text, strlen(text), &reply);
  bp_words_read(reply.words, reply.length, reply.code, reply.status.class, reply.status.subject, reply.status.detail,
                &words);
  Sample sample = {column_of(l, cause), {l->ids->len, words.n}};
  g_array_append_vals(l->ids, words.ids, words.n);
  g_array_append_val(l->samples, sample);
}

static void add_groups(Learning *l, const GArray *groups, const char *key, gboolean named_by_cause) {
  for (guint i = 0; i < groups->len; i++) {
    const BpGroup *group = g_array_index(groups, BpPlacedGroup, i).group;
    const char *id = named_by_cause ? group->id : bp_group_get(group, "cause");
    guint32 cause = bp_find_cause(l->tables, id);
    for (guint j = 0; cause != BP_ANY && j < group->pairs->len; j++) {
      const BpPair *pair = &g_array_index(group->pairs, BpPair, j);
      if (g_str_equal(pair->key, key))
        add_reply(l, pair->value, cause);
    }
  }
}

/* ---- features that have weights ----------------------------------------------------------------------------- */

static void find_rows(Learning *l) {
  g_autoptr(GArray) all = g_array_copy(l->ids);
  g_array_sort(all, compare_ids);
  for (guint i = 0; i < all->len;) {
    guint32 id = g_array_index(all, guint32, i);
    guint n = 1;
    while (i + n < all->len && g_array_index(all, guint32, i + n) == id)
      n++;
    if (n >= SEEN_LEAST)
      g_array_append_val(l->rows, id);
    i += n;
  }
}

/* Numbers rows in place of features; those without weights go. */
static void use_rows(Learning *l) {
  for (guint i = 0; i < l->samples->len; i++) {
    Sample *sample = &g_array_index(l->samples, Sample, i);
    guint32 kept = 0, row, *ids = &g_array_index(l->ids, guint32, sample->ids.first);
    for (guint32 j = 0; j < sample->ids.n; j++)
      if (g_array_binary_search(l->rows, &ids[j], compare_ids, &row))
        ids[kept++] = row;
    sample->ids.n = kept;
  }
}

/* ---- descent ------------------------------------------------------------------------------------------------ */

/* exp(x) for x <= 0, to some five digits. */
static double power(double x) {
  double y = 1 + x / 65536;
  if (x < -60)
    return 0;
  for (int i = 0; i < 16; i++)
    y *= y;
  return y;
}

/* The probabilities of all causes, less 1 for the true one. */
static void find_errors(const Learning *l, const Sample *sample, const guint32 *rows, double scale, double *errors) {
  guint n = l->columns->len;
  double best, sum = 0;
  memset(errors, 0, n * sizeof *errors);
  for (guint32 i = 0; i < sample->ids.n; i++)
    for (guint c = 0; c < n; c++)
      errors[c] += l->weights[rows[i] * n + c];
  best = errors[0];
  for (guint c = 1; c < n; c++)
    best = MAX(best, errors[c]);
  for (guint c = 0; c < n; c++)
    sum += errors[c] = power((errors[c] - best) * scale);
  for (guint c = 0; c < n; c++)
    errors[c] /= sum;
  errors[sample->column] -= 1;
}

static void learn_from(Learning *l, const Sample *sample) {
  const guint32 *rows = &g_array_index(l->ids, guint32, sample->ids.first);
  double errors[BP_WORD_CAUSES_MAX], scale = 1 / sqrt(sample->ids.n);
  guint n = l->columns->len;
  find_errors(l, sample, rows, scale, errors);
  for (guint32 i = 0; i < sample->ids.n; i++)
    for (guint c = 0; c < n; c++) {
      double slope = errors[c] * scale, *square = &l->squares[rows[i] * n + c];
      *square += slope * slope;
      l->weights[rows[i] * n + c] -= STEP * slope / sqrt(*square);
    }
}

/* Another order each round, the same on every machine. */
static void shuffle(guint32 *order, guint n, guint32 *seed) {
  for (guint i = n; i > 1; i--) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    guint j = *seed % i;
    guint32 other = order[i - 1];
    order[i - 1] = order[j];
    order[j] = other;
  }
}

static void descend(Learning *l) {
  guint n = l->samples->len;
  gsize size = (gsize)l->rows->len * l->columns->len;
  guint32 seed = 1;
  g_autofree guint32 *order = g_new(guint32, n);
  l->weights = g_new0(double, size);
  l->squares = g_new(double, size);
  for (gsize i = 0; i < size; i++)
    l->squares[i] = 1e-3;
  for (guint i = 0; i < n; i++)
    order[i] = i;
  for (guint round = 0; round < ROUNDS; round++) {
    shuffle(order, n, &seed);
    for (guint i = 0; i < n; i++)
      learn_from(l, &g_array_index(l->samples, Sample, order[i]));
  }
}

/* ---- tables ------------------------------------------------------------------------------------------------- */

static guint32 *pack_weights(const Learning *l) {
  guint n = l->columns->len;
  guint32 length = bp_word_row_length(n), *packed = g_new0(guint32, (gsize)l->rows->len * length);
  for (guint row = 0; row < l->rows->len; row++)
    for (guint c = 0; c < n; c++) {
      double weight = floor(l->weights[row * n + c] * BP_WORD_WEIGHT_ONE + 0.5) + BP_WORD_WEIGHT_BIAS;
      packed[row * length + c / 4] |= (guint32)CLAMP(weight, 0, 255) << c % 4 * 8;
    }
  return packed;
}

static guint32 *find_buckets(const GArray *rows) {
  guint32 *buckets = g_new0(guint32, (1 << BP_WORD_BUCKET_BITS) + 1);
  for (guint i = 0; i < rows->len; i++)
    buckets[(g_array_index(rows, guint32, i) >> (32 - BP_WORD_BUCKET_BITS)) + 1]++;
  for (guint i = 0; i < 1 << BP_WORD_BUCKET_BITS; i++)
    buckets[i + 1] += buckets[i];
  return buckets;
}

#define GIVE(t, name, values, n)                                                                                       \
  do {                                                                                                                 \
    g_free((gpointer)(guintptr)(t)->name);                                                                             \
    (t)->name = (values);                                                                                              \
    (t)->n_##name = (guint32)(n);                                                                                      \
  } while (0)

static void give_tables(Learning *l, BpTables *t) {
  guint n_rows = l->rows->len, n_causes = l->columns->len;
  GIVE(t, word_weights, pack_weights(l), n_rows * bp_word_row_length(n_causes));
  GIVE(t, word_buckets, find_buckets(l->rows), (1 << BP_WORD_BUCKET_BITS) + 1);
  GIVE(t, word_causes, (const guint32 *)(gconstpointer)g_array_free(l->columns, FALSE), n_causes);
  GIVE(t, word_ids, (const guint32 *)(gconstpointer)g_array_free(l->rows, FALSE), n_rows);
}

void bp_learn_words(BpTables *t, const BpSource *source) {
  Learning l = {.tables = t,
                .known = g_hash_table_new(g_str_hash, g_str_equal),
                .samples = g_array_new(FALSE, FALSE, sizeof(Sample)),
                .ids = g_array_new(FALSE, FALSE, sizeof(guint32)),
                .columns = g_array_new(FALSE, FALSE, sizeof(guint32)),
                .rows = g_array_new(FALSE, FALSE, sizeof(guint32))};
  add_groups(&l, source->groups[BP_FILE_WORDS], "reply", TRUE);
  add_groups(&l, source->groups[BP_FILE_REPLIES], "example", FALSE);
  find_rows(&l);
  use_rows(&l);
  descend(&l);
  give_tables(&l, t);
  g_hash_table_unref(l.known);
  g_array_unref(l.samples);
  g_array_unref(l.ids);
  g_free(l.weights);
  g_free(l.squares);
}
