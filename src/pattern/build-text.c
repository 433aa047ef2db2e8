/* build-text.c - the texts of groups, in their languages, and the steps of advice */
#include "pattern/build.h"
#include "pattern/builder.h"

#include <string.h>

const char *const bp_fact_names[] = {
    "sending_ip", "list",        "limit",  "size",   "retry_after", "retry_after_minutes", "retry_after_hours", "url",
    "reference",  "new_address", "filter", "domain", NULL};

/* Fields of steps that are no facts. */
static const char *const step_fields[] = {"lookup", "removal", "address", "vendor", "reporting_host", NULL};

static guint lang_index(BpBuilder *b, const char *lang) {
  BpString wanted = bp_intern(b, lang ? lang : "en");
  GArray *langs = b->tables[TABLE_langs];
  for (guint i = 0; i < langs->len; i++)
    if (g_array_index(langs, BpString, i) == wanted)
      return i;
  BP_APPEND(b, langs, wanted);
  return langs->len - 1;
}

void bp_find_languages(BpBuilder *b) {
  lang_index(b, "en");
  for (guint kind = 0; kind < BP_N_FILES; kind++)
    for (guint i = 0; i < b->source->groups[kind]->len; i++) {
      GArray *pairs = g_array_index(b->source->groups[kind], BpPlacedGroup, i).group->pairs;
      for (guint j = 0; j < pairs->len; j++)
        lang_index(b, g_array_index(pairs, BpPair, j).lang);
    }
  b->n_langs = BP_COUNT(b, langs);
}

BpText bp_new_text(BpBuilder *b) {
  BpText text = BP_COUNT(b, texts) / b->n_langs;
  BpString none = 0;
  for (guint i = 0; i < b->n_langs; i++)
    BP_APPEND(b, texts, none);
  return text;
}

static void set_text(BpBuilder *b, BpText text, const char *lang, const char *value) {
  g_array_index(b->tables[TABLE_texts], BpString, text * b->n_langs + lang_index(b, lang)) = bp_intern(b, value);
}

BpText bp_read_text(BpBuilder *b, const BpPlacedGroup *placed, const char *key) {
  BpText text = 0;
  for (guint i = 0; i < placed->group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(placed->group->pairs, BpPair, i);
    if (!g_str_equal(pair->key, key))
      continue;
    if (!text)
      text = bp_new_text(b);
    set_text(b, text, pair->lang, pair->value);
  }
  return text;
}

/* A field may be followed by "|" and the words for when it is empty. */
static gboolean known_field(const char *name, gsize length) {
  const char *bar = memchr(name, '|', length);
  if (bar)
    length = (gsize)(bar - name);
  const char *const *lists[] = {bp_fact_names, step_fields};
  for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
    for (const char *const *known = lists[i]; *known; known++)
      if (strlen(*known) == length && memcmp(*known, name, length) == 0)
        return TRUE;
  return FALSE;
}

static void check_fields(BpBuilder *b, const BpPlacedGroup *placed, const BpPair *pair) {
  for (const char *p = strchr(pair->value, '{'); p; p = strchr(p + 1, '{')) {
    const char *end = strchr(p, '}');
    if (!end || !known_field(p + 1, (gsize)(end - p) - 1)) {
      bp_complain(b, placed, pair->line, "unknown field in \"%s\"", pair->value);
      return;
    }
  }
}

/* The n-th step in each language is one record: BpStepRecord at first + n. */
static void read_steps_of(BpBuilder *b, const BpPlacedGroup *placed, const char *key, guint32 for_admin,
                          BpRange *steps) {
  g_autofree guint *seen = g_new0(guint, b->n_langs);
  guint start = steps->n;
  for (guint i = 0; i < placed->group->pairs->len; i++) {
    const BpPair *pair = &g_array_index(placed->group->pairs, BpPair, i);
    if (!g_str_equal(pair->key, key))
      continue;
    check_fields(b, placed, pair);
    guint n = start + seen[lang_index(b, pair->lang)]++;
    while (steps->n <= n) {
      BpStepRecord record = {for_admin, bp_new_text(b)};
      if (steps->n++ == 0)
        steps->first = BP_COUNT(b, steps);
      BP_APPEND(b, steps, record);
    }
    set_text(b, g_array_index(b->tables[TABLE_steps], BpStepRecord, steps->first + n).text, pair->lang, pair->value);
  }
  for (guint i = 1; i < b->n_langs; i++)
    if (seen[i] && seen[i] != seen[0])
      bp_complain(b, placed, placed->group->line, "%u times %s, but %u times in a translation", seen[0], key, seen[i]);
}

BpRange bp_read_steps(BpBuilder *b, const BpPlacedGroup *placed) {
  BpRange steps = {0, 0};
  read_steps_of(b, placed, "step", FALSE, &steps);
  read_steps_of(b, placed, "admin-step", TRUE, &steps);
  return steps;
}
