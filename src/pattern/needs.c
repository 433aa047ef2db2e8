/* needs.c - what a text must contain for a pattern to match it, in memory and in tables
 *
 * To read a pattern takes far longer than to read what was found out about it: the build keeps that of the shipped
 * patterns, so that a set laid over them starts sooner. In the table stand: whether there are clauses and whether a
 * match stays in a line, the number of clauses; for each the number of its sets; for each set where it may stand, the
 * number of its literals, and themselves. */
#include "pattern/needs.h"

#include "pattern/in-line.h"
#include "pattern/literal.h"

#define IN_LINE 1
#define HAS_CLAUSES 2

BpNeeds *bp_needs_of(const char *pattern) {
  g_autoptr(BpRegexTree) tree = bp_regex_read(pattern);
  BpNeeds *needs = g_new(BpNeeds, 1);
  *needs = (BpNeeds){bp_literals_of(tree), bp_stays_in_line(tree)};
  return needs;
}

void bp_needs_free(BpNeeds *needs) {
  g_clear_pointer(&needs->clauses, g_ptr_array_unref);
  g_free(needs);
}

/* ---- from a table ------------------------------------------------------------------------------------------- */

static BpLiteralSet *read_set(const BpTables *t, const guint32 **word) {
  BpLiteralSet *set = g_new(BpLiteralSet, 1);
  const guint32 *w = *word;
  guint32 n = w[3];
  *set = (BpLiteralSet){g_ptr_array_sized_new(n), w[0] != 0, {w[1], w[2]}};
  for (guint32 i = 0; i < n; i++)
    g_ptr_array_add(set->literals, (gpointer)(guintptr)(t->text + w[4 + i]));
  *word += 4 + n;
  return set;
}

static GPtrArray *read_clause(const BpTables *t, const guint32 **word) {
  guint32 n = *(*word)++;
  GPtrArray *sets = g_ptr_array_new_full(n, bp_literal_set_free);
  for (; n > 0; n--)
    g_ptr_array_add(sets, read_set(t, word));
  return sets;
}

BpNeeds *bp_needs_read(const BpTables *t, guint32 at) {
  const guint32 *word = t->needs + at + 2;
  guint32 flags = word[-2], n = word[-1];
  BpNeeds *needs = g_new(BpNeeds, 1);
  *needs = (BpNeeds){NULL, (flags & IN_LINE) != 0};
  if (flags & HAS_CLAUSES)
    needs->clauses = g_ptr_array_new_full(n, (GDestroyNotify)g_ptr_array_unref);
  for (; n > 0; n--)
    g_ptr_array_add(needs->clauses, read_clause(t, &word));
  return needs;
}

/* ---- to a table --------------------------------------------------------------------------------------------- */

static void put(GArray *table, guint32 word) {
  g_array_append_val(table, word);
}

static void write_set(const BpLiteralSet *set, GHashTable *places, GArray *table) {
  put(table, set->before ? 1 : 0);
  put(table, set->behind.least);
  put(table, set->behind.most);
  put(table, set->literals->len);
  for (guint i = 0; i < set->literals->len; i++)
    put(table, GPOINTER_TO_UINT(g_hash_table_lookup(places, g_ptr_array_index(set->literals, i))));
}

void bp_needs_write(const BpNeeds *needs, GHashTable *places, GArray *table) {
  guint n = needs->clauses ? needs->clauses->len : 0;
  put(table, (needs->clauses ? HAS_CLAUSES : 0) | (needs->in_line ? IN_LINE : 0));
  put(table, n);
  for (guint i = 0; i < n; i++) {
    const GPtrArray *sets = g_ptr_array_index(needs->clauses, i);
    put(table, sets->len);
    for (guint j = 0; j < sets->len; j++)
      write_set(g_ptr_array_index(sets, j), places, table);
  }
}
