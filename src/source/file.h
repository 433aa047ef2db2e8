/* file.h - one file that holds one message: opened, followed where a mail reader renames it, read, decompressed */
#pragma once

#include <glib.h>
#include <sys/stat.h>

/* What a file can be known again by without reading it. All 0: none. */
typedef struct {
  guint64 device, inode;
  gint64 size;
  gint64 modified; /* nanoseconds since 1970 */
} BpFileId;

BpFileId bp_file_id_of(const struct stat *st);

/* TRUE where path is a file, whose id is set. */
gboolean bp_file_id(const char *path, BpFileId *id);

/* Where the file at path is now: a message in cur or new of a Maildir that is not there any more is looked for under the
 * other names that mail readers give it, with other flags, in cur. NULL where it is gone. Free it with g_free(). */
char *bp_file_find(const char *path);

/* Opens path, or where bp_file_find() finds it, for reading; -1, with errno. */
int bp_file_open(const char *path);

/* Decompresses bytes, which are those of a file, where they are gzip's (RFC 1952), as Dovecot keeps messages: at most max
 * bytes, and up to where they are broken. */
void bp_file_decompress(GString *bytes, gsize max);
