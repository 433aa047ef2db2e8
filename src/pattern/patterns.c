/* patterns.c - a pattern set: the shipped tables, or those built of them and the layers over them */
#include "pattern/patterns.h"

#include "pattern/build.h"

struct BpPatterns {
  const BpTables *tables;
  BpTables *own; /* NULL for the shipped set alone */
};

BpPatterns *bp_patterns_new(const char *const *folders, GError **error) {
  g_autoptr(BpPatterns) patterns = g_new0(BpPatterns, 1);
  patterns->tables = &bp_shipped_tables;
  if (!folders || !*folders)
    return g_steal_pointer(&patterns);
  g_autoptr(BpSource) source = bp_source_new();
  if (!bp_source_add_shipped(source, error))
    return NULL;
  for (; *folders; folders++)
    if (!bp_source_add_folder(source, *folders, error))
      return NULL;
  patterns->own = bp_tables_build(source, NULL, error);
  patterns->tables = patterns->own;
  return patterns->own ? g_steal_pointer(&patterns) : NULL;
}

BpPatterns *bp_patterns_of(const BpTables *tables) {
  BpPatterns *patterns = g_new0(BpPatterns, 1);
  patterns->tables = tables;
  return patterns;
}

void bp_patterns_free(BpPatterns *patterns) {
  g_clear_pointer(&patterns->own, bp_tables_free);
  g_free(patterns);
}

const BpTables *bp_patterns_tables(const BpPatterns *patterns) {
  return patterns->tables;
}
