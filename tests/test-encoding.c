/* test-encoding.c - transfer encodings: their names are those that GMime knows */
#include "harness.h"
#include "mail/encoding.h"

#include <gmime/gmime.h>

static BpEncoding by_gmime(const char *value) {
  switch (g_mime_content_encoding_from_string(value)) {
  case GMIME_CONTENT_ENCODING_BASE64:
    return BP_ENCODING_BASE64;
  case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
    return BP_ENCODING_QUOTED_PRINTABLE;
  case GMIME_CONTENT_ENCODING_UUENCODE:
    return BP_ENCODING_UUENCODE;
  default:
    return BP_ENCODING_NONE;
  }
}

START_TEST(names) {
  static const char *const values[] = {"7bit",     "8bit",       "binary",     "base64",          "BASE64",
                                       " base64 ", "base64 (x)", "base64\tx",  "base64(x)",       "base64;",
                                       "base-64",  "uuencode",   "x-uuencode", "X-UUE",           "uue",
                                       "",         "base6",      "base644",    "x-gzip64",        "quoted-printable",
                                       " ",        "qp",         "(c) base64", "Quoted-Printable"};
  for (guint i = 0; i < G_N_ELEMENTS(values); i++)
    ck_assert_msg(bp_encoding_of(values[i]) == by_gmime(values[i]), "\"%s\"", values[i]);
  ck_assert_int_eq(bp_encoding_of(NULL), BP_ENCODING_NONE);
}
END_TEST

static const struct {
  BpEncoding encoding;
  const char *bytes, *text;
} rows[] = {
    {BP_ENCODING_BASE64, "SGVs\nbG8=\n", "Hello"},
    {BP_ENCODING_BASE64, "SGVsbG8", "Hel"}, /* the last group is cut */
    {BP_ENCODING_QUOTED_PRINTABLE, "a=3Db=\nc =zz\n", "a=bc =zz\n"},
    {BP_ENCODING_UUENCODE, "begin 644 x.txt\n%2&5L;&\\`\n`\nend\n", "Hello"},
    {BP_ENCODING_NONE, "a=3D\n", "a=3D\n"},
};

START_TEST(decoded) {
  g_autoptr(GString) out = g_string_new(NULL);
  ck_assert(bp_encoding_decode(rows[_i].encoding, rows[_i].bytes, strlen(rows[_i].bytes), 1000, out));
  ck_assert_str_eq(out->str, rows[_i].text);
}
END_TEST

/* What is left is told where there is more than a piece. */
START_TEST(limited) {
  g_autoptr(GString) encoded = g_string_new(NULL), out = g_string_new(NULL);
  for (guint i = 0; i < 10000; i++)
    g_string_append(encoded, "QUJD\n");
  ck_assert(!bp_encoding_decode(BP_ENCODING_BASE64, encoded->str, encoded->len, 100, out));
  ck_assert(out->len >= 100 && out->len < 30000 && g_str_has_prefix(out->str, "ABCABC"));
  g_string_truncate(out, 0);
  ck_assert(bp_encoding_decode(BP_ENCODING_BASE64, encoded->str, encoded->len, G_MAXSIZE, out));
  ck_assert_uint_eq(out->len, 30000);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("encoding");
  TCase *tcase = tcase_create("encoding");
  tcase_add_test(tcase, names);
  tcase_add_loop_test(tcase, decoded, 0, G_N_ELEMENTS(rows));
  tcase_add_test(tcase, limited);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
