/* emit.c - the build's tool: pattern files in, C source with their tables out
 *
 *     bounceparse-emit FOLDER OUTPUT.c DEPFILE [no-programs]
 *
 * Programs hold text in words: for a machine with the other order of bytes they are left out, and made when they run.
 */
#include "bounceparse/bounceparse.h"
#include "pattern/build.h"
#include "pattern/learn.h"
#include "pattern/needs.h"
#include "pattern/lookup.h"
#include "pattern/program.h"
#include "pattern/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The tool has no shipped set of its own. */
const BpShippedFile bp_shipped_files[] = {{NULL, NULL, 0}};
const guint bp_n_shipped_files = 0;
const BpTables bp_shipped_tables = {.text = ""};

GQuark bounceparse_error_quark(void) {
  return g_quark_from_static_string("bounceparse-error-quark");
}

static void put_string(FILE *out, const char *text, gsize length) {
  fputs("\n\"", out);
  for (gsize i = 0; i < length; i++) {
    guchar c = (guchar)text[i];
    if (c == '\n')
      fputs(i + 1 < length ? "\\n\"\n\"" : "\\n", out);
    else if (c == '"' || c == '\\' || c == '?')
      fprintf(out, "\\%c", c);
    else if (c < 0x20 || c >= 0x7f)
      fprintf(out, c == 0 && i + 1 < length ? "\\000\"\n\"" : "\\%03o", c);
    else
      fputc(c, out);
  }
  fputc('"', out);
}

static void put_table(FILE *out, const char *name, const guint32 *numbers, gsize n) {
  fprintf(out, "static const guint32 table_%s[] = {", name);
  for (gsize i = 0; i < n; i++)
    fprintf(out, "%s%uu,", i % 16 ? "" : "\n", numbers[i]);
  fputs(n ? "\n};\n" : "0};\n", out);
}

/* The blob ends with the last literal. */
static gsize text_length(const BpTables *t) {
  gsize length = 1;
  for (guint i = 0; i < t->n_literals; i++)
    length = MAX(length, (gsize)t->literals[i].text + t->literals[i].length + 1);
  for (guint i = 0; i < t->n_texts; i++)
    length = MAX(length, (gsize)t->texts[i] + strlen(t->text + t->texts[i]) + 1);
  return length;
}

static void put_tables(FILE *out, const BpTables *t) {
  fputs("static const char text[] =", out);
  put_string(out, t->text, text_length(t));
  fputs(";\n", out);
#define X(name, type)                                                                                                  \
  put_table(out, #name, (const guint32 *)(gconstpointer)t->name, (gsize)t->n_##name * sizeof(type) / 4);
  BP_TABLES(X)
#undef X
  fputs("const BpTables bp_shipped_tables = {\n  .text = text,\n", out);
#define X(name, type)                                                                                                  \
  fprintf(out, "  .%s = (const %s *)(gconstpointer)table_%s,\n  .n_%s = %u,\n", #name, #type, #name, #name,            \
          t->n_##name);
  BP_TABLES(X)
#undef X
  fputs("};\n", out);
}

static void put_files(FILE *out, const BpSource *source, const char *folder) {
  GString *list = g_string_new(NULL);
  guint n = 0;
  for (guint i = 0; i < source->files->len; i++) {
    const BpPatternFile *file = g_ptr_array_index(source->files, i);
    if (file->kind == BP_FILE_WORDS)
      continue;
    g_autofree char *text = NULL;
    gsize length;
    if (!g_file_get_contents(file->name, &text, &length, NULL))
      continue;
    fprintf(out, "static const char file_%u[] =", n);
    put_string(out, text, length);
    fputs(";\n", out);
    g_string_append_printf(list, "  {\"%s\", file_%u, %" G_GSIZE_FORMAT "},\n", file->name + strlen(folder) + 1, n++,
                           length);
  }
  fprintf(out, "const BpShippedFile bp_shipped_files[] = {\n%s};\nconst guint bp_n_shipped_files = %u;\n", list->str,
          n);
  g_string_free(list, TRUE);
}

/* Tells the build what was read; the folders too, so that a new file is seen. */
static gboolean put_depfile(const BpSource *source, const char *folder, const char *output, const char *name) {
  FILE *out = fopen(name, "w");
  if (!out)
    return FALSE;
  fprintf(out, "%s: %s %s/replies %s/layouts %s/words", output, folder, folder, folder, folder);
  for (guint i = 0; i < source->files->len; i++)
    fprintf(out, " %s", ((const BpPatternFile *)g_ptr_array_index(source->files, i))->name);
  fputc('\n', out);
  return fclose(out) == 0;
}

/* Appends what is kept of a pattern; FALSE where that is nothing. */
typedef gboolean (*Put)(const BpTables *t, const char *pattern, GArray *table, gpointer data);

/* Fills a table that each matcher has a place in, at offset of its record: equal patterns have the same. */
static GArray *put_patterns(const BpTables *t, glong offset, Put what, gpointer data) {
  BpMatcherRecord *matchers = (BpMatcherRecord *)(guintptr)t->matchers;
  g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL); /* patterns, which stand once in the text, to places */
  GArray *all = g_array_new(FALSE, TRUE, sizeof(guint32));
  g_array_set_size(all, 1);
  for (guint32 i = 0; i < t->n_matchers; i++) {
    gpointer key = GUINT_TO_POINTER(matchers[i].pattern), at;
    if (!key)
      continue;
    if (!g_hash_table_lookup_extended(known, key, NULL, &at)) {
      guint len = all->len;
      at = GUINT_TO_POINTER(what(t, BP_STR(t, matchers[i].pattern), all, data) ? len : 0);
      g_hash_table_insert(known, key, at);
    }
    G_STRUCT_MEMBER(guint32, &matchers[i], offset) = GPOINTER_TO_UINT(at);
  }
  return all;
}

static gboolean put_program(const BpTables *t, const char *pattern, GArray *table, gpointer data) {
  g_autoptr(GArray) program = bp_program_build(pattern);
  if (program)
    g_array_append_vals(table, program->data, program->len);
  return program != NULL;
}

static gboolean put_needs(const BpTables *t, const char *pattern, GArray *table, gpointer places) {
  g_autoptr(BpNeeds) needs = bp_needs_of(pattern);
  bp_needs_write(needs, places, table);
  return TRUE;
}

/* Writes the programs of all patterns, so that they need not be made when the set is used. */
static void add_programs(BpTables *t) {
  GArray *all = put_patterns(t, G_STRUCT_OFFSET(BpMatcherRecord, program), put_program, NULL);
  g_free((gpointer)(guintptr)t->programs);
  t->n_programs = all->len;
  t->programs = (const guint32 *)(gconstpointer)g_array_free(all, FALSE);
}

/* Writes what all patterns need, so that a set with layers need not read them. */
static void add_needs(BpTables *t) {
  g_autoptr(GHashTable) places = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < t->n_literals; i++)
    g_hash_table_insert(places, (gpointer)(guintptr)BP_STR(t, t->literals[i].text),
                        GUINT_TO_POINTER(t->literals[i].text));
  GArray *all = put_patterns(t, G_STRUCT_OFFSET(BpMatcherRecord, needs), put_needs, places);
  g_free((gpointer)(guintptr)t->needs);
  t->n_needs = all->len;
  t->needs = (const guint32 *)(gconstpointer)g_array_free(all, FALSE);
}

int main(int argc, char **argv) {
  if (argc != 4 && argc != 5) {
    fputs("usage: bounceparse-emit FOLDER OUTPUT.c DEPFILE [no-programs]\n", stderr);
    return 64;
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(BpSource) source = bp_source_new();
  g_autoptr(GPtrArray) errors = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(BpTables) tables = NULL;
  if (bp_source_add_folder(source, argv[1], &error))
    tables = bp_tables_build(source, errors, &error);
  if (!tables) {
    for (guint i = 0; i < errors->len; i++)
      fprintf(stderr, "%s\n", (const char *)g_ptr_array_index(errors, i));
    if (errors->len == 0)
      fprintf(stderr, "%s\n", error->message);
    return 78;
  }
  if (tables->n_causes > BP_WORD_CAUSES_MAX) {
    fputs("more causes than words can speak for\n", stderr);
    return 78;
  }
  bp_learn_words(tables, source);
  add_needs(tables);
  if (argc == 4)
    add_programs(tables);
  FILE *out = fopen(argv[2], "w");
  if (!out) {
    perror(argv[2]);
    return 73;
  }
  fputs("/* Made from patterns/ by bounceparse-emit. */\n#include \"pattern/tables.h\"\n", out);
  put_tables(out, tables);
  put_files(out, source, argv[1]);
  return fclose(out) == 0 && put_depfile(source, argv[1], argv[2], argv[3]) ? 0 : 73;
}
