/* message.c - fuzz target: a whole message, read and written as JSON and as header fields */
#include "fuzz.h"
#include "output/block.h"

void fuzz_one(const char *bytes, size_t length) {
  static BounceparseReader *reader;
  if (!reader)
    reader = bounceparse_reader_new(NULL, NULL);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(reader, bytes, length, NULL);
  if (!answer)
    return;
  GString *out = g_string_new(NULL);
  BounceparseJson how = {"fuzz", -1, -1, FALSE};
  bounceparse_answer_to_json(answer, &how, out);
  FUZZ_ASSERT(g_utf8_validate(out->str, (gssize)out->len, NULL) && !memchr(out->str, '\n', out->len));
  g_string_truncate(out, 0);
  bp_block_append(answer, out);
  FUZZ_ASSERT(bp_block_valid(out->str, out->len));
  g_string_free(out, TRUE);
}
