/* reader.h - the form of pattern files: lines, groups, keys, with the place of each
 *
 * GKeyFile cannot do it: it loses repeated keys, merges groups of one name and knows no lines. */
#pragma once

#include <glib.h>

typedef struct {
  const char *key;   /* without the language */
  const char *lang;  /* "de" of key[de], or NULL */
  const char *value; /* as it stands, blanks at both ends gone */
  guint line;
} BpPair;

typedef struct {
  char *id;
  GArray *pairs; /* of BpPair */
  guint line;
  guint file; /* index in BpLayer.files */
} BpGroup;

/* What kind of knowledge a file holds; it follows from its place. */
typedef enum {
  BP_FILE_CAUSES,
  BP_FILE_CODES,
  BP_FILE_VENDORS,
  BP_FILE_BLOCKLISTS,
  BP_FILE_KINDS,
  BP_FILE_PHRASES,
  BP_FILE_REPLIES,
  BP_FILE_LAYOUTS,
  BP_FILE_WORDS,
  BP_N_FILES
} BpFileKind;

typedef struct {
  char *name; /* for messages: the path as it was found */
  BpFileKind kind;
  GArray *head;      /* of BpPair: the lines before the first group */
  GPtrArray *groups; /* of BpGroup */
  GPtrArray *texts;  /* what the pairs point into */
} BpPatternFile;

/* The kind of a file by its path below the patterns folder ("replies/gmail.conf"); FALSE where it is none of ours. */
gboolean bp_file_kind(const char *path, BpFileKind *kind);

/* Reads text (any bytes). NULL with BOUNCEPARSE_ERROR_PATTERN, whose message begins with "name:line:column: ". */
BpPatternFile *bp_pattern_file_read(const char *name, BpFileKind kind, const char *text, gsize length, GError **error);
void bp_pattern_file_free(BpPatternFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpPatternFile, bp_pattern_file_free)
