/* folder.h - the files of a folder or Maildir, one after another */
#pragma once

#include "source/file.h"

typedef struct BpFolder BpFolder;

/* Walks the folder at path. Of a Maildir (it has cur, new and tmp) the files of cur and new are walked, and with
 * recursive its sub-folders .Name. Of any other folder all files are, and those of the folders in it, except hidden
 * names. Folders that are symbolic links are passed over, so there are no loops; so is the folder passed, in another. */
BpFolder *bp_folder_new(const char *path, gboolean recursive, const BpFileId *passed);
void bp_folder_free(BpFolder *folder);

/* The next file, in byte order of names: its path, which stays until the next call. *error is 0, or the errno why
 * path, which then is a folder, cannot be read. NULL behind the last. */
const char *bp_folder_next(BpFolder *folder, int *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpFolder, bp_folder_free)
