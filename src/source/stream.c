/* stream.c - an open file read through a buffer of fixed size: line by line, or all that is left of it */
#include "source/stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE (64 * 1024)

struct BpStream {
  int fd;
  int error;
  gboolean ended;
  gboolean inside; /* of a line whose beginning has been taken */
  char delimiter;
  const volatile sig_atomic_t *stop; /* or NULL */
  gint64 offset; /* of buffer[0] in the file */
  gsize start;   /* what is not taken yet: buffer[start] to buffer[end - 1] */
  gsize end;
  char buffer[BUFFER_SIZE];
};

BpStream *bp_stream_new(int fd) {
  BpStream *stream = g_malloc(sizeof *stream);
  memset(stream, 0, G_STRUCT_OFFSET(BpStream, buffer)); /* the buffer itself needs no clearing */
  stream->fd = fd;
  stream->delimiter = '\n';
  return stream;
}

void bp_stream_free(BpStream *stream) {
  if (stream->fd > STDIN_FILENO)
    close(stream->fd);
  g_free(stream);
}

void bp_stream_set_stop(BpStream *stream, const volatile sig_atomic_t *stop) {
  stream->stop = stop;
}

void bp_stream_set_delimiter(BpStream *stream, char delimiter) {
  stream->delimiter = delimiter;
}

int bp_stream_error(const BpStream *stream) {
  return stream->error;
}

/* Reads up to size bytes; 0 at the end and after an error. */
static gsize read_some(BpStream *stream, char *to, gsize size) {
  gssize n = 0;
  if (stream->ended)
    return 0;
  do
    n = read(stream->fd, to, size);
  while (n < 0 && errno == EINTR && !(stream->stop && *stream->stop));
  if (n < 0)
    stream->error = errno;
  stream->ended = n <= 0;
  return n > 0 ? (gsize)n : 0;
}

/* Reads more behind what is in the buffer, which has room; FALSE where nothing came. */
static gboolean fill(BpStream *stream) {
  if (stream->start > 0) {
    memmove(stream->buffer, stream->buffer + stream->start, stream->end - stream->start);
    stream->offset += stream->start;
    stream->end -= stream->start;
    stream->start = 0;
  }
  gsize n = read_some(stream, stream->buffer + stream->end, BUFFER_SIZE - stream->end);
  stream->end += n;
  return n > 0;
}

const char *bp_stream_peek(BpStream *stream, gsize *length) {
  if (stream->start == stream->end)
    fill(stream);
  *length = stream->end - stream->start;
  return stream->buffer + stream->start;
}

static void take(BpStream *stream, gsize length, gboolean ends, BpLine *line) {
  line->bytes = stream->buffer + stream->start;
  line->length = length;
  line->offset = stream->offset + (gint64)stream->start;
  line->begins = !stream->inside;
  line->ends = ends;
  stream->inside = !ends;
  stream->start += length;
}

gboolean bp_stream_line(BpStream *stream, BpLine *line) {
  gsize searched = 0;
  for (;;) {
    const char *from = stream->buffer + stream->start;
    gsize left = stream->end - stream->start;
    const char *end = memchr(from + searched, stream->delimiter, left - searched);
    if (end) {
      take(stream, (gsize)(end - from) + 1, TRUE, line);
      return TRUE;
    }
    searched = left;
    if (left == BUFFER_SIZE || !fill(stream))
      break;
  }
  if (stream->start == stream->end)
    return FALSE;
  take(stream, stream->end - stream->start, FALSE, line);
  return TRUE;
}

void bp_stream_put_back(BpStream *stream, const BpLine *line) {
  stream->start -= line->length;
  stream->inside = !line->begins;
}

void bp_stream_rest(BpStream *stream, GString *bytes, gsize max) {
  gsize length;
  const char *ready = bp_stream_peek(stream, &length);
  g_string_append_len(bytes, ready, (gssize)MIN(length, max - MIN(max, bytes->len)));
  stream->start = stream->end;
  while (bytes->len < max) {
    gsize had = bytes->len;
    g_string_set_size(bytes, MIN(max, had + BUFFER_SIZE));
    gsize n = read_some(stream, bytes->str + had, bytes->len - had);
    g_string_truncate(bytes, had + n);
    if (n == 0)
      return;
  }
}
