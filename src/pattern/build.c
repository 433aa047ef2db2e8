/* build.c - from the groups of pattern files to tables */
#include "pattern/build.h"

#include "bounceparse/bounceparse.h"
#include "pattern/builder.h"
#include "pattern/index.h"
#include "pattern/lookup.h"

#include <string.h>

static int compare_hosts(gconstpointer a, gconstpointer b, gpointer data) {
  const char *text = ((const BpBuilder *)data)->text->str;
  return strcmp(text + ((const BpHostRecord *)a)->suffix, text + ((const BpHostRecord *)b)->suffix);
}

static int compare_codes(gconstpointer a, gconstpointer b, gpointer data) {
  return (int)((const BpCodeRecord *)a)->kind - (int)((const BpCodeRecord *)b)->kind;
}

static void build_all(BpBuilder *b) {
  static const BpFileKind order[] = {BP_FILE_CAUSES,     BP_FILE_CODES,   BP_FILE_VENDORS,
                                     BP_FILE_BLOCKLISTS, BP_FILE_REPLIES, BP_FILE_KINDS,
                                     BP_FILE_PHRASES,    BP_FILE_LAYOUTS, BP_FILE_WORDS};
  g_string_append_c(b->text, '\0');
  bp_find_languages(b);
  bp_new_text(b);
  for (guint i = 0; i < G_N_ELEMENTS(order); i++)
    for (guint j = 0; j < b->source->groups[order[i]]->len; j++)
      bp_build_placed(b, &g_array_index(b->source->groups[order[i]], BpPlacedGroup, j));
  g_array_sort_with_data(b->tables[TABLE_hosts], compare_hosts, b);
  g_array_sort_with_data(b->tables[TABLE_codes], compare_codes, b);
  bp_order_domains(b);
}

static void free_table(gconstpointer table) {
  g_free((gpointer)(guintptr)table);
}

/* The weights of words are the shipped set's. */
static void take_words(BpTables *t) {
  const BpTables *shipped = &bp_shipped_tables;
  guint32 *causes = g_new0(guint32, shipped->n_word_causes);
  for (guint32 i = 0; i < shipped->n_word_causes; i++)
    causes[i] = bp_find_cause(t, BP_STR(shipped, shipped->causes[shipped->word_causes[i]].id));
#define TAKE(name, values)                                                                                             \
  free_table(t->name);                                                                                                 \
  t->n_##name = shipped->n_##name;                                                                                     \
  t->name = values;
#define COPY(name) g_memdup2(shipped->name, sizeof *shipped->name * shipped->n_##name)
  TAKE(word_causes, causes)
  TAKE(word_ids, COPY(word_ids))
  TAKE(word_buckets, COPY(word_buckets))
  TAKE(word_weights, COPY(word_weights))
#undef COPY
#undef TAKE
}

static BpTables *finish(BpBuilder *b) {
  BpTables *t = g_new0(BpTables, 1);
#define X(name, type)                                                                                                  \
  t->n_##name = BP_COUNT(b, name);                                                                                     \
  t->name = (const type *)(gconstpointer)g_array_free(b->tables[TABLE_##name], FALSE);
  BP_TABLES(X)
#undef X
  gsize length = b->text->len;
  t->text = g_string_free(b->text, FALSE);
  bp_index_build(t, length, b->source);
  take_words(t);
  return t;
}

BpTables *bp_tables_build(const BpSource *source, GPtrArray *errors, GError **error) {
  g_autoptr(GPtrArray) own = errors ? g_ptr_array_ref(errors) : g_ptr_array_new_with_free_func(g_free);
  BpBuilder b = {.source = source, .text = g_string_new(NULL), .errors = own};
  b.strings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  gsize sizes[] = {
#define X(name, type) sizeof(type),
      BP_TABLES(X)
#undef X
  };
  for (guint i = 0; i < N_TABLES; i++)
    b.tables[i] = g_array_new(FALSE, TRUE, (guint)sizes[i]);
  for (guint i = 0; i < BP_N_MATCH; i++)
    b.matchers[i] = g_array_new(FALSE, TRUE, sizeof(BpDraft));
  build_all(&b);
  g_autoptr(BpTables) tables = finish(&b);
  g_hash_table_unref(b.strings);
  for (guint i = 0; i < BP_N_MATCH; i++)
    g_array_unref(b.matchers[i]);
  if (own->len == 0)
    return g_steal_pointer(&tables);
  g_set_error_literal(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_PATTERN, g_ptr_array_index(own, 0));
  return NULL;
}

void bp_tables_free(BpTables *tables) {
#define X(name, type) free_table(tables->name);
  BP_TABLES(X)
#undef X
  free_table(tables->text);
  g_free(tables);
}
