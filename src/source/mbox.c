/* mbox.c - the messages of an mbox, one after another */
#include "source/mbox.h"

#include <string.h>

static const char from_[] = "From ";

static gboolean is_from_line(const BpLine *line) {
  return line->begins && line->length >= strlen(from_) && memcmp(line->bytes, from_, strlen(from_)) == 0;
}

static gboolean is_empty_line(const BpLine *line) {
  return line->begins && ((line->length == 1 && line->bytes[0] == '\n') ||
                          (line->length == 2 && line->bytes[0] == '\r' && line->bytes[1] == '\n'));
}

/* ">From ", ">>From " …: mboxo writes the first, mboxrd all of them. */
static gboolean is_quoted(const BpLine *line) {
  gsize i = 0;
  while (i < line->length && line->bytes[i] == '>')
    i++;
  return line->begins && i > 0 && line->length - i >= strlen(from_) &&
         memcmp(line->bytes + i, from_, strlen(from_)) == 0;
}

static void append(GString *bytes, const BpLine *line, gsize max) {
  gsize skip = is_quoted(line) ? 1 : 0;
  gsize room = max - MIN(max, bytes->len);
  g_string_append_len(bytes, line->bytes + skip, (gssize)MIN(room, line->length - skip));
}

/* The empty line before a From_ line, and at the end of the file, is the mbox's, not the message's. */
static void drop_empty_line(GString *bytes) {
  if (bytes->len >= 2 && memcmp(bytes->str + bytes->len - 2, "\n\n", 2) == 0)
    g_string_truncate(bytes, bytes->len - 1);
  else if (bytes->len >= 3 && memcmp(bytes->str + bytes->len - 3, "\n\r\n", 3) == 0)
    g_string_truncate(bytes, bytes->len - 2);
}

gboolean bp_mbox_next(BpStream *stream, GString *bytes, gsize max, gint64 *offset) {
  BpLine line;
  gboolean after_empty = FALSE;
  if (bytes)
    g_string_truncate(bytes, 0);
  if (!bp_stream_line(stream, &line))
    return FALSE;
  *offset = line.offset;
  do {
    if (after_empty && is_from_line(&line)) {
      bp_stream_put_back(stream, &line);
      break;
    }
    if (bytes)
      append(bytes, &line, max);
    after_empty = is_empty_line(&line);
  } while (bp_stream_line(stream, &line));
  if (bytes && bytes->len < max)
    drop_empty_line(bytes);
  return bp_stream_error(stream) == 0;
}
