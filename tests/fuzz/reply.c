/* reply.c - fuzz target: the text of one SMTP reply */
#include "fuzz.h"

void fuzz_one(const char *bytes, size_t length) {
  static BounceparseReader *reader;
  if (!reader)
    reader = bounceparse_reader_new(NULL, NULL);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_explain(reader, bytes, (gssize)length);
  GString *out = g_string_new(NULL);
  BounceparseJson how = {"-", -1, -1, FALSE};
  FUZZ_ASSERT(bounceparse_answer_get_n_recipients(answer) == 1);
  bounceparse_answer_to_json(answer, &how, out);
  FUZZ_ASSERT(g_utf8_validate(out->str, (gssize)out->len, NULL));
  g_string_free(out, TRUE);
}
