/* source.h - where messages come from: stdin, files, mboxes, Maildirs, plain folders; a name and bytes come out
 *
 * It knows nothing of bounces. At most one message is in memory at a time. Messages compressed with gzip come out
 * decompressed. */
#pragma once

#include "source/file.h"

#include <signal.h>

typedef struct {
  gboolean mbox;      /* every file is an mbox */
  gboolean recursive; /* sub-folders of Maildirs too */
  gboolean lazy;      /* messages in files are handed out unread, for bp_input_read() */
  gboolean survey;    /* with lazy: an mbox is one input */
  const volatile sig_atomic_t *stop; /* not 0: no more inputs, and no waiting for what a pipe may bring; may be NULL */
  gsize max_message;  /* one byte more than this is read of a message */
  BpFileId passed;    /* a folder that is passed over where it is found in another; its device and inode */
} BpInputOptions;

/* A message, or an input that cannot be read. Everything in it stays until the next call. */
typedef struct {
  const char *source; /* the argument as given, and the path below it; "-" for stdin; any bytes */
  gint64 index;       /* in an mbox, from 0; else -1 */
  gint64 offset;      /* of its From_ line; else -1 */
  gboolean found;     /* in a folder, not named */
  gboolean pending;   /* not read yet: see bp_input_read() */
  gboolean gone;      /* it was found, and has vanished meanwhile: no message, and no failure */
  const char *bytes;
  gsize length;
  BpFileId file;   /* once it is read: the file, if it is a regular one; inode is 0 for an mbox */
  gint64 modified; /* once it is read: when the file was modified, in seconds since 1970; G_MININT64 where not known */
  int code;  /* 0; or, where it cannot be read, EX_NOINPUT (open failed) or EX_IOERR (read failed) */
  int error; /* the errno of it */
} BpInput;

typedef struct BpInputs BpInputs;

BpInputs *bp_inputs_new(const BpInputOptions *options);
void bp_inputs_free(BpInputs *inputs);

/* Adds a file or folder; "-" is stdin. */
void bp_inputs_add(BpInputs *inputs, const char *path);

/* Adds a file that lists files and folders, one a line, or each ended by NUL; "-" is stdin. They come after all paths.
 */
void bp_inputs_add_list(BpInputs *inputs, const char *path);

/* The next message or failure, FALSE behind the last. A failure does not end the rest. */
gboolean bp_inputs_next(BpInputs *inputs, BpInput *input);

/* Reads an input that is pending into bytes, which then are its own: it is as if it had never been pending. It may be
 * another process that does, with a copy of source. */
void bp_input_read(BpInput *input, gsize max_message, GString *bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpInputs, bp_inputs_free)
