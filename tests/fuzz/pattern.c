/* pattern.c - fuzz target: a pattern file, read and built into tables */
#include "fuzz.h"
#include "pattern/build.h"

void fuzz_one(const char *bytes, size_t length) {
  g_autoptr(GError) error = NULL;
  g_autoptr(BpSource) source = bp_source_new();
  BpFileKind kind = (BpFileKind)(length ? (guchar)bytes[0] % BP_N_FILES : BP_FILE_REPLIES);
  BpPatternFile *file = bp_pattern_file_read("fuzz.conf", kind, bytes + (length > 0), length - (length > 0), &error);
  if (!file) {
    FUZZ_ASSERT(g_str_has_prefix(error->message, "fuzz.conf:"));
    return;
  }
  g_ptr_array_add(source->files, file);
  for (guint i = 0; i < file->groups->len; i++) {
    BpPlacedGroup placed = {g_ptr_array_index(file->groups, i), file, 0};
    g_array_append_val(source->groups[kind], placed);
    g_hash_table_insert(source->places[kind], placed.group->id, GUINT_TO_POINTER(i + 1));
  }
  BpTables *tables = bp_tables_build(source, NULL, &error);
  FUZZ_ASSERT(tables || error);
  g_clear_pointer(&tables, bp_tables_free);
}
