/* source.h - pattern files laid over one another: the shipped ones, then folders */
#pragma once

#include "pattern/reader.h"

typedef struct {
  const BpGroup *group;
  const BpPatternFile *file;
  guint layer;
  guint first_layer; /* that had a group of this name */
} BpPlacedGroup;

typedef struct {
  GPtrArray *files;               /* of BpPatternFile, all layers */
  GArray *groups[BP_N_FILES];     /* of BpPlacedGroup, those in force, in order of first appearance */
  GHashTable *places[BP_N_FILES]; /* id to index + 1 in groups */
  GHashTable *disabled;           /* ids of groups that a layer took out */
  guint n_layers;
} BpSource;

BpSource *bp_source_new(void);
void bp_source_free(BpSource *source);

/* Adds the set that is built into the library as a layer. */
gboolean bp_source_add_shipped(BpSource *source, GError **error);

/* Adds a folder as a layer: its *.conf files, and those in replies/, layouts/ and words/, in byte order of their names.
 * FALSE, with BOUNCEPARSE_ERROR_PATTERN, where it cannot be read or a file is wrong. */
gboolean bp_source_add_folder(BpSource *source, const char *folder, GError **error);

/* The value of key in a group or the head of a file, or NULL; without a language. */
const char *bp_pairs_get(const GArray *pairs, const char *key);

/* The same of a group. */
const char *bp_group_get(const BpGroup *group, const char *key);

/* The words of a value, among them empty ones; free them with g_strfreev(). */
GStrv bp_pair_words(const BpPair *pair);

/* The place of a line of a group, "file:line"; free it with g_free(). */
char *bp_place(const BpPlacedGroup *placed, guint line);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpSource, bp_source_free)
