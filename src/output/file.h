/* file.h - a file that is written whole or not at all */
#pragma once

#include <glib.h>

/* It is written under another name in the same folder, which takes the place of the old file only at the end. */
typedef struct {
  char *path, *temporary;
  int fd; /* to be written to; -1: none */
} BpNewFile;

/* Makes the file that is to become path; one that is a symbolic link stays one. FALSE, with errno. */
gboolean bp_new_file_begin(BpNewFile *file, const char *path);

/* What was written is all: it is on the disk, and takes the old file's place. FALSE, with errno, where it cannot; then the
 * old file is as it was. */
gboolean bp_new_file_commit(BpNewFile *file);

/* The old file stays as it was. Nothing happens behind bp_new_file_commit(). */
void bp_new_file_abandon(BpNewFile *file);
