/* program.c - fuzz target: a pattern, a newline, and a text in which its program finds what PCRE2 finds */
#include "pattern/program.h"
#include "fuzz.h"
#include "pattern/build.h"

#include <pcre2.h>

#define ENOUGH 10000 /* steps: a program that needs more may have given up */

typedef struct {
  gboolean found;
  gsize from, to;
} Found;

/* What PCRE2 finds; FALSE where it gave up. */
static gboolean ask_pcre2(const pcre2_code *code, const char *text, gsize length, Found *found) {
  pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
  pcre2_match_context *context = pcre2_match_context_create(NULL);
  pcre2_set_match_limit(context, 1000000);
  int result = pcre2_match(code, (PCRE2_SPTR)text, length, 0, PCRE2_NO_UTF_CHECK, data, context);
  const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
  *found = (Found){result >= 0, result >= 0 ? at[0] : 0, result >= 0 ? at[1] : 0};
  pcre2_match_data_free(data);
  pcre2_match_context_free(context);
  return result >= PCRE2_ERROR_NOMATCH;
}

static void compare(const pcre2_code *code, const GArray *program, const char *text, gsize length) {
  BpRun *run = bp_run_new();
  gint64 budget = ENOUGH;
  Found got = {0}, want;
  got.found = bp_run_search(run, &g_array_index(program, guint32, 0), text, length, 0, length, &budget);
  if (got.found)
    bp_run_span(run, &got.from, &got.to);
  if (budget > 0 && ask_pcre2(code, text, length, &want))
    FUZZ_ASSERT(got.found == want.found && got.from == want.from && got.to == want.to);
  bp_run_free(run);
}

void fuzz_one(const char *bytes, size_t length) {
  const char *end = memchr(bytes, '\n', length);
  int failed;
  PCRE2_SIZE at;
  if (!end || end - bytes > 400 || !g_utf8_validate(bytes, (gssize)length, NULL))
    return;
  g_autofree char *pattern = g_strndup(bytes, (gsize)(end - bytes));
  pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, BP_PCRE2_OPTIONS, &failed, &at, NULL);
  g_autoptr(GArray) program = code ? bp_program_build(pattern) : NULL;
  if (program)
    compare(code, program, end + 1, (gsize)(bytes + length - end - 1));
  pcre2_code_free(code);
}
