/* filter.c - fuzz target: the filter on any bytes: what it sends is the mail, its block and the renaming, nothing else */
#include "fuzz.h"
#include "output/block.h"

static gboolean begins_line(const char *bytes, gsize at) {
  return at == 0 || bytes[at - 1] == '\n' || bytes[at - 1] == '\r';
}

/* Walks what was sent and what came in side by side: they may differ by the block, behind from bytes, and by "Old-" in
 * the names of fields. */
static void assert_same_mail(const char *mail, gsize length, gsize from, gsize block, const GString *sent) {
  static const char forged[] = "X-Bounce-";
  gsize in = 0, out = 0;
  for (; in < length; in++, out++) {
    if (in == from)
      out += block;
    if (in >= 2 && begins_line(mail, in - 2) && length - in > 7 && sent->len - out > 4 &&
        g_ascii_strncasecmp(mail + in - 2, forged, sizeof forged - 1) == 0 && memcmp(sent->str + out, "Old-", 4) == 0)
      out += 4;
    FUZZ_ASSERT(out < sent->len && mail[in] == sent->str[out]);
  }
  FUZZ_ASSERT(out + (in == from ? block : 0) == sent->len);
}

/* The block as it must stand in the mail. */
static GString *in_line_ending(const GString *block, const char *ending) {
  GString *out = g_string_new(block->str);
  g_string_replace(out, "\n", ending, 0);
  return out;
}

static GString *find_block(const char *mail, gsize length) {
  static BounceparseReader *reader;
  if (!reader)
    reader = bounceparse_reader_new(NULL, NULL);
  GString *block = g_string_new(NULL);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(reader, mail, length, NULL);
  if (answer && !bp_begins_folded(mail, length))
    bp_block_append(answer, block);
  FUZZ_ASSERT(block->len == 0 || bp_block_valid(block->str, block->len));
  return block;
}

void fuzz_one(const char *mail, size_t length) {
  GString *block = find_block(mail, length), *sent = g_string_new(NULL), *twice = g_string_new(NULL);
  GString *expected = in_line_ending(block, bp_line_ending(mail, length));
  gsize from = bp_from_line(mail, length);
  FUZZ_ASSERT(from <= length);
  gsize done = bp_block_put(block, mail, length, sent);
  FUZZ_ASSERT(done <= length);
  g_string_append_len(sent, mail + done, (gssize)(length - done));
  FUZZ_ASSERT(sent->len >= from + expected->len && memcmp(sent->str + from, expected->str, expected->len) == 0);
  assert_same_mail(mail, length, from, expected->len, sent);

  /* What was renamed is no field of the closed list any more. */
  gsize behind = from + expected->len, head = bp_rename_forged(sent->str + behind, sent->len - behind, twice);
  FUZZ_ASSERT(memcmp(sent->str + behind, twice->str, head) == 0 && twice->len == head);
  g_string_free(block, TRUE);
  g_string_free(sent, TRUE);
  g_string_free(twice, TRUE);
  g_string_free(expected, TRUE);
}
