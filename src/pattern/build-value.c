/* build-value.c - small values of groups: causes, conditions, what a rule wins over */
#include "pattern/builder.h"

#include <stdlib.h>
#include <string.h>

BpString bp_read_value(BpBuilder *b, const BpPlacedGroup *placed, const char *key) {
  return bp_intern(b, bp_group_get(placed->group, key));
}

guint32 bp_read_true(BpBuilder *b, const BpPlacedGroup *placed, const char *key) {
  const char *value = bp_group_get(placed->group, key);
  if (value && !g_str_equal(value, "true") && !g_str_equal(value, "false"))
    bp_complain(b, placed, placed->group->line, "%s=%s: true or false", key, value);
  return value && g_str_equal(value, "true");
}

guint32 bp_find_group(const BpBuilder *b, BpFileKind kind, const char *id) {
  guint at = GPOINTER_TO_UINT(g_hash_table_lookup(b->source->places[kind], id));
  return at ? at - 1 : BP_ANY;
}

guint32 bp_read_cause(BpBuilder *b, const BpPlacedGroup *placed, gboolean required) {
  const char *id = bp_group_get(placed->group, "cause");
  guint32 cause = id ? bp_find_group(b, BP_FILE_CAUSES, id) : BP_ANY;
  if (cause == BP_ANY && (id || required))
    bp_complain(b, placed, placed->group->line, id ? "unknown cause \"%s\"" : "a rule needs a cause", id);
  return cause;
}

static void each_word_of(BpBuilder *b, const BpPlacedGroup *placed, const GArray *pairs, const char *key, BpWordFunc f,
                         gpointer data) {
  for (guint i = 0; i < pairs->len; i++) {
    const BpPair *pair = &g_array_index(pairs, BpPair, i);
    if (!g_str_equal(pair->key, key))
      continue;
    g_auto(GStrv) words = bp_pair_words(pair);
    for (char **word = words; *word; word++)
      if (**word)
        f(b, placed, pair, *word, data);
  }
}

void bp_each_word(BpBuilder *b, const BpPlacedGroup *placed, const char *key, BpWordFunc f, gpointer data) {
  each_word_of(b, placed, placed->group->pairs, key, f, data);
}

void bp_each_word_of_head(BpBuilder *b, const BpPlacedGroup *placed, const char *key, BpWordFunc f, gpointer data) {
  each_word_of(b, placed, placed->file->head, key, f, data);
}

/* "5", "x", "606-649" */
static gboolean read_range(const char *text, guint32 *low, guint32 *high) {
  if (g_ascii_strcasecmp(text, "x") == 0) {
    *low = 0;
    *high = BP_ANY;
    return TRUE;
  }
  char *end;
  guint64 n = g_ascii_strtoull(text, &end, 10);
  if (end == text || n > 9999)
    return FALSE;
  *low = *high = (guint32)n;
  if (*end == '-') {
    const char *second = end + 1;
    n = g_ascii_strtoull(second, &end, 10);
    if (end == second || n > 9999)
      return FALSE;
    *high = (guint32)n;
  }
  return *end == '\0';
}

/* "550", "5xx", "45x", "550-559" */
gboolean bp_read_code(const char *text, BpCondition *c) {
  *c = (BpCondition){0, 0, 0, BP_ANY, 0, BP_ANY};
  gsize n = strlen(text);
  if (n == 3 && g_ascii_isdigit(text[0]) && (text[2] == 'x' || text[2] == 'X')) {
    guint width = text[1] == 'x' || text[1] == 'X' ? 100 : 10;
    c->a_low = (guint32)(text[0] - '0') * 100 + (width == 10 ? (guint32)(text[1] - '0') * 10 : 0);
    c->a_high = c->a_low + width - 1;
    return TRUE;
  }
  return read_range(text, &c->a_low, &c->a_high) && c->a_low >= 100 && c->a_high <= 999;
}

/* "5.7.1", "x.7.1", "5.7.x", "5.7.606-649" */
gboolean bp_read_status(const char *text, BpCondition *c) {
  g_auto(GStrv) parts = g_strsplit(text, ".", -1);
  return g_strv_length(parts) == 3 && read_range(parts[0], &c->a_low, &c->a_high) &&
         read_range(parts[1], &c->b_low, &c->b_high) && read_range(parts[2], &c->c_low, &c->c_high);
}

static void add_condition(BpBuilder *b, BpRange *range, BpCondition c) {
  if (range->n++ == 0)
    range->first = BP_COUNT(b, conditions);
  BP_APPEND(b, conditions, c);
}

void bp_add_code(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data) {
  BpCondition c;
  if (!bp_read_code(word, &c))
    bp_complain(b, placed, pair->line, "\"%s\" is no reply code (550, 5xx, 550-559)", word);
  else
    add_condition(b, data, c);
}

void bp_add_status(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data) {
  BpCondition c;
  if (!bp_read_status(word, &c))
    bp_complain(b, placed, pair->line, "\"%s\" is no status (5.7.1, x.7.1, 5.7.x, 5.7.606-649)", word);
  else
    add_condition(b, data, c);
}

void bp_add_vendor(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data) {
  gboolean none = g_str_equal(word, "none");
  if (!none && bp_find_group(b, BP_FILE_VENDORS, word) == BP_ANY)
    bp_complain(b, placed, pair->line, "unknown vendor \"%s\"", word);
  bp_put_number(b, data, none ? 0 : bp_intern(b, word));
}

/* All rules of a cause, "cause:ID"; FALSE where there is none. */
static gboolean add_rules_of(BpBuilder *b, const BpPlacedGroup *placed, const char *cause, gpointer data) {
  const GArray *groups = b->source->groups[BP_FILE_REPLIES];
  guint32 before = ((BpRange *)data)->n;
  for (guint32 i = 0; placed->file->kind == BP_FILE_REPLIES && i < groups->len; i++)
    if (g_strcmp0(bp_group_get(g_array_index(groups, BpPlacedGroup, i).group, "cause"), cause) == 0)
      bp_put_number(b, data, i);
  return ((BpRange *)data)->n > before;
}

/* The advice where there is a cause with it; else NULL. */
static const char *advice_named(const BpBuilder *b, const char *name) {
  const GArray *causes = b->source->groups[BP_FILE_CAUSES];
  for (guint32 i = 0; i < causes->len; i++) {
    const char *advice = bp_group_get(g_array_index(causes, BpPlacedGroup, i).group, "advice");
    if (g_strcmp0(advice, name) == 0)
      return advice;
  }
  return NULL;
}

/* The groups that stand further down in the same file. */
static void add_groups_below(BpBuilder *b, const BpPlacedGroup *placed, gpointer data) {
  const GArray *groups = b->source->groups[placed->file->kind];
  for (guint32 i = bp_find_group(b, placed->file->kind, placed->group->id) + 1; i < groups->len; i++)
    if (g_array_index(groups, BpPlacedGroup, i).file == placed->file)
      bp_put_number(b, data, i);
}

void bp_add_over(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data) {
  if (g_str_equal(word, "below")) {
    add_groups_below(b, placed, data);
    return;
  }
  if (g_str_has_prefix(word, "cause:") && add_rules_of(b, placed, word + strlen("cause:"), data))
    return;
  guint32 other = bp_find_group(b, placed->file->kind, word);
  if (other == BP_ANY && g_hash_table_contains(b->source->disabled, word))
    return;
  if (other == BP_ANY)
    bp_complain(b, placed, pair->line, "over=%s: there is no such group", word);
  else
    bp_put_number(b, data, other);
}

void bp_add_rule_over(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair, const char *word, gpointer data) {
  BpRuleRecord *rule = data;
  const char *advice = g_str_has_prefix(word, "advice:") ? advice_named(b, word + strlen("advice:")) : NULL;
  if (advice)
    rule->over_advice = bp_intern(b, advice);
  else
    bp_add_over(b, placed, pair, word, &rule->over);
}

static int compare_numbers(const void *a, const void *b) {
  guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
  return (x > y) - (x < y);
}

void bp_sort_numbers(BpBuilder *b, BpRange range) {
  if (range.n)
    qsort((guint32 *)b->tables[TABLE_numbers]->data + range.first, range.n, sizeof(guint32), compare_numbers);
}
