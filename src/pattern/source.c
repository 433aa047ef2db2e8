/* source.c - pattern files laid over one another: a later group of the same name replaces an earlier one */
#include "pattern/source.h"

#include "bounceparse/bounceparse.h"
#include "pattern/tables.h"

#include <string.h>

#define FILE_MAX (16 * 1024 * 1024)

static void file_free(gpointer file) {
  bp_pattern_file_free(file);
}

BpSource *bp_source_new(void) {
  BpSource *source = g_new0(BpSource, 1);
  source->files = g_ptr_array_new_with_free_func(file_free);
  source->disabled = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < BP_N_FILES; i++) {
    source->groups[i] = g_array_new(FALSE, FALSE, sizeof(BpPlacedGroup));
    source->places[i] = g_hash_table_new(g_str_hash, g_str_equal);
  }
  return source;
}

void bp_source_free(BpSource *source) {
  g_hash_table_unref(source->disabled);
  g_ptr_array_unref(source->files);
  for (guint i = 0; i < BP_N_FILES; i++) {
    g_array_unref(source->groups[i]);
    g_hash_table_unref(source->places[i]);
  }
  g_free(source);
}

const char *bp_pairs_get(const GArray *pairs, const char *key) {
  for (guint i = 0; i < pairs->len; i++) {
    const BpPair *pair = &g_array_index(pairs, BpPair, i);
    if (!pair->lang && g_str_equal(pair->key, key))
      return pair->value;
  }
  return NULL;
}

const char *bp_group_get(const BpGroup *group, const char *key) {
  return bp_pairs_get(group->pairs, key);
}

GStrv bp_pair_words(const BpPair *pair) {
  return g_strsplit_set(pair->value, " \t,", -1);
}

char *bp_place(const BpPlacedGroup *placed, guint line) {
  return g_strdup_printf("%s:%u", placed->file->name, line);
}

/* Puts a group where an earlier layer's of the same id stands, or behind all. */
static gboolean place_group(BpSource *source, BpPlacedGroup placed, GError **error) {
  BpFileKind kind = placed.file->kind;
  GArray *groups = source->groups[kind];
  guint at = GPOINTER_TO_UINT(g_hash_table_lookup(source->places[kind], placed.group->id));
  if (!at) {
    g_array_append_val(groups, placed);
    g_hash_table_insert(source->places[kind], placed.group->id, GUINT_TO_POINTER(groups->len));
    return TRUE;
  }
  BpPlacedGroup *earlier = &g_array_index(groups, BpPlacedGroup, at - 1);
  if (earlier->layer == placed.layer) {
    g_set_error(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_PATTERN,
                "%s:%u:2: [%s] stands a second time (first in %s:%u)", placed.file->name, placed.group->line,
                placed.group->id, earlier->file->name, earlier->group->line);
    return FALSE;
  }
  placed.first_layer = earlier->first_layer;
  *earlier = placed;
  return TRUE;
}

static gboolean add_text(BpSource *source, const char *name, BpFileKind kind, const char *text, gsize length,
                         GError **error) {
  BpPatternFile *file = bp_pattern_file_read(name, kind, text, length, error);
  if (!file)
    return FALSE;
  g_ptr_array_add(source->files, file);
  for (guint i = 0; i < file->groups->len; i++) {
    BpPlacedGroup placed = {g_ptr_array_index(file->groups, i), file, source->n_layers, source->n_layers};
    if (!place_group(source, placed, error))
      return FALSE;
  }
  return TRUE;
}

/* Disabled groups go once all layers are in: until then they hide those of earlier layers. */
static void end_layer(BpSource *source) {
  source->n_layers++;
  for (guint kind = 0; kind < BP_N_FILES; kind++) {
    GArray *groups = source->groups[kind];
    guint kept = 0;
    for (guint i = 0; i < groups->len; i++) {
      BpPlacedGroup placed = g_array_index(groups, BpPlacedGroup, i);
      if (g_strcmp0(bp_group_get(placed.group, "disabled"), "true") == 0) {
        g_hash_table_add(source->disabled, placed.group->id);
        continue;
      }
      g_array_index(groups, BpPlacedGroup, kept++) = placed;
    }
    g_array_set_size(groups, kept);
    g_hash_table_remove_all(source->places[kind]);
    for (guint i = 0; i < kept; i++)
      g_hash_table_insert(source->places[kind], g_array_index(groups, BpPlacedGroup, i).group->id,
                          GUINT_TO_POINTER(i + 1));
  }
}

gboolean bp_source_add_shipped(BpSource *source, GError **error) {
  for (guint i = 0; i < bp_n_shipped_files; i++) {
    const BpShippedFile *file = &bp_shipped_files[i];
    BpFileKind kind;
    if (bp_file_kind(file->path, &kind) && !add_text(source, file->path, kind, file->text, file->length, error))
      return FALSE;
  }
  end_layer(source);
  return TRUE;
}

static int compare_names(gconstpointer a, gconstpointer b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean cannot_read(const char *path, const GError *cause, GError **error) {
  g_autofree char *name = g_filename_display_name(path);
  g_set_error(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_PATTERN, "%s: cannot be read: %s", name, cause->message);
  return FALSE;
}

static gboolean add_file(BpSource *source, const char *folder, const char *path, GError **error) {
  BpFileKind kind;
  if (!bp_file_kind(path, &kind))
    return TRUE;
  g_autofree char *full = g_build_filename(folder, path, NULL);
  g_autofree char *text = NULL;
  gsize length;
  g_autoptr(GError) failed = NULL;
  if (!g_file_get_contents(full, &text, &length, &failed))
    return cannot_read(full, failed, error);
  g_autofree char *name = g_filename_display_name(full);
  if (length > FILE_MAX) {
    g_set_error(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_PATTERN, "%s: larger than 16 MiB", name);
    return FALSE;
  }
  return add_text(source, name, kind, text, length, error);
}

static gboolean add_folder_files(BpSource *source, const char *folder, const char *below, GError **error) {
  g_autofree char *full = g_build_filename(folder, below, NULL);
  if (*below && !g_file_test(full, G_FILE_TEST_IS_DIR))
    return TRUE;
  g_autoptr(GError) failed = NULL;
  g_autoptr(GDir) dir = g_dir_open(full, 0, &failed);
  if (!dir)
    return cannot_read(full, failed, error);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
  for (const char *name; (name = g_dir_read_name(dir));)
    g_ptr_array_add(names, *below ? g_build_filename(below, name, NULL) : g_strdup(name));
  g_ptr_array_sort(names, compare_names);
  for (guint i = 0; i < names->len; i++)
    if (!add_file(source, folder, g_ptr_array_index(names, i), error))
      return FALSE;
  return TRUE;
}

gboolean bp_source_add_folder(BpSource *source, const char *folder, GError **error) {
  static const char *const below[] = {"", "replies", "layouts", "words"};
  for (guint i = 0; i < G_N_ELEMENTS(below); i++)
    if (!add_folder_files(source, folder, below[i], error))
      return FALSE;
  end_layer(source);
  return TRUE;
}
