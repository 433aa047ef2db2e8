/* filter.c - fuzz target: what the filter does to bytes: the renaming changes names and nothing else, however often it
 * is done */
#include "fuzz.h"
#include "output/block.h"

/* The renaming undone. */
static void undo(const GString *in, GString *out) {
  for (gsize i = 0; i < in->len; i++) {
    gboolean begins = i == 0 || in->str[i - 1] == '\n' || in->str[i - 1] == '\r';
    g_string_append_c(out, in->str[i]);
    if (begins && in->len - i > 13 && g_ascii_strncasecmp(in->str + i, "X-Old-Bounce-", 13) == 0) {
      g_string_append_c(out, in->str[i + 1]);
      i += 5;
    }
  }
}

void fuzz_one(const char *bytes, size_t length) {
  if (memmem(bytes, length, "-Old-", 5) || length > 100000)
    return; /* what was there before cannot be told apart here */
  GString *once = g_string_new(NULL), *twice = g_string_new(NULL), *back = g_string_new(NULL);
  gsize from = bp_from_line(bytes, length);
  FUZZ_ASSERT(from <= length);
  gsize done = bp_rename_forged(bytes, length, once);
  FUZZ_ASSERT(done <= length);
  bp_rename_forged(once->str, once->len, twice);
  FUZZ_ASSERT(g_string_equal(once, twice));
  undo(once, back);
  FUZZ_ASSERT(back->len == done && memcmp(back->str, bytes, done) == 0);
  const char *ending = bp_line_ending(bytes, length);
  FUZZ_ASSERT(*ending == '\n' || *ending == '\r');
  g_string_free(once, TRUE);
  g_string_free(twice, TRUE);
  g_string_free(back, TRUE);
}
