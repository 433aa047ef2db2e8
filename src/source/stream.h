/* stream.h - an open file read through a buffer of fixed size: line by line, or all that is left of it */
#pragma once

#include <glib.h>
#include <signal.h>

typedef struct BpStream BpStream;

/* A line with its line end, or a piece of one that is longer than the buffer. It stays until the next call. */
typedef struct {
  const char *bytes;
  gsize length;
  gint64 offset;   /* where it stands in the file */
  gboolean begins; /* the piece is the beginning of a line */
  gboolean ends;   /* its last byte is the delimiter */
} BpLine;

/* Reads from fd, which becomes the stream's, and is closed with it. */
BpStream *bp_stream_new(int fd);
void bp_stream_free(BpStream *stream);

/* Once *stop is not 0 a read that waits ends with the error EINTR. */
void bp_stream_set_stop(BpStream *stream, const volatile sig_atomic_t *stop);

/* Lines end with delimiter: LF if nothing else is set. */
void bp_stream_set_delimiter(BpStream *stream, char delimiter);

/* What comes next, without taking it; *length is 0 at the end only. */
const char *bp_stream_peek(BpStream *stream, gsize *length);

/* Takes the next line, FALSE at the end or after an error. */
gboolean bp_stream_line(BpStream *stream, BpLine *line);

/* Puts back the line just taken. */
void bp_stream_put_back(BpStream *stream, const BpLine *line);

/* Appends all that is left to bytes, as long as it is shorter than max. */
void bp_stream_rest(BpStream *stream, GString *bytes, gsize max);

/* The errno of the read that failed, 0 for none. */
int bp_stream_error(const BpStream *stream);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BpStream, bp_stream_free)
