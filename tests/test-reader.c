/* test-reader.c - the form of pattern files, and what is said of files that do not have it */
#include "bounceparse/bounceparse.h"
#include "pattern/reader.h"

#include "harness.h"

static BpPatternFile *read_text(const char *text, GError **error) {
  return bp_pattern_file_read("x.conf", BP_FILE_REPLIES, text, strlen(text), error);
}

START_TEST(groups_and_values) {
  g_autoptr(GError) error = NULL;
  g_autoptr(BpPatternFile) file =
      read_text("# comment\r\nvendor=gmail\r\n\r\n[a-1]\r\nmatch = a=b # \\d [x] \r\n"
                "step=one\r\n  two\r\nstep[de]=eins zwei\nexample=x\nexample=y\n[b]\ncause=unknown",
                &error);
  ck_assert_msg(file, "%s", error ? error->message : "");
  ck_assert_uint_eq(file->head->len, 1);
  ck_assert_uint_eq(file->groups->len, 2);
  const BpGroup *group = g_ptr_array_index(file->groups, 0);
  ck_assert_str_eq(group->id, "a-1");
  ck_assert_uint_eq(group->line, 4);
  ck_assert_uint_eq(group->pairs->len, 5);
  const BpPair *pairs = (const BpPair *)(gconstpointer)group->pairs->data;
  ck_assert_str_eq(pairs[0].value, "a=b # \\d [x]");
  ck_assert_str_eq(pairs[1].value, "one two");
  ck_assert_str_eq(pairs[2].lang, "de");
  ck_assert_uint_eq(pairs[2].line, 8);
}
END_TEST

START_TEST(defined_names) {
  g_autoptr(GError) error = NULL;
  g_autoptr(BpPatternFile) file =
      read_text("define=not not|n't\ndefine=gone (?&not) here\n[a]\nmatch=is (?&gone)|(?&not)\n"
                "match=(?<own>x)(?&own) (?&gone)\nmatch=(?&gone\nreason=(?&gone)",
                &error);
  ck_assert_msg(file, "%s", error ? error->message : "");
  const BpGroup *group = g_ptr_array_index(file->groups, 0);
  const BpPair *pairs = (const BpPair *)(gconstpointer)group->pairs->data;
  ck_assert_str_eq(pairs[0].value, "is (?:(?:not|n't) here)|(?:not|n't)");
  ck_assert_str_eq(pairs[1].value, "(?<own>x)(?&own) (?:(?:not|n't) here)");
  ck_assert_str_eq(pairs[2].value, "(?&gone");
  ck_assert_str_eq(pairs[3].value, "(?&gone)");
}
END_TEST

static const struct {
  const char *name, *text, *error;
} wrong[] = {
    {"unknown key", "[a]\nmatsch=x\n", "x.conf:2:1: unknown key \"matsch\""},
    {"a key that stands twice", "[a]\ncause=x\ncause=y\n", "x.conf:3:1: \"cause\" stands a second time in this group"},
    {"a group that stands twice", "[a]\n[b]\n[a]\n", "x.conf:3:2: [a] stands a second time (first in line 1)"},
    {"a bad id", "[A b]\n", "x.conf:1:2: the id [A b] is not made of a-z, 0-9 and -"},
    {"no bracket at the end", "[a\n", "x.conf:1:2: a group is written [id] on a line of its own"},
    {"neither group nor pair", "[a]\nhello\n", "x.conf:2:1: neither a comment, [id] nor key=value"},
    {"not UTF-8", "[a]\nmatch=ab\xff\n", "x.conf:2:9: not UTF-8"},
    {"continued pattern", "[a]\nmatch=x\n y\n", "x.conf:3:1: a pattern cannot be continued on the next line"},
    {"continues nothing", "[a]\n x\n", "x.conf:2:1: continues no value"},
    {"translation of what has none", "[a]\nmatch[de]=x\n", "x.conf:2:1: \"match\" has no translations"},
    {"a definition without a pattern", "define=gone\n",
     "x.conf:1:1: a definition is written define=name pattern, the name of a-z and _"},
    {"a name that is defined twice", "define=gone x\ndefine=gone y\n", "x.conf:2:1: \"gone\" is defined a second time"},
    {"a definition in a group", "[a]\ndefine=gone x\n", "x.conf:2:1: unknown key \"define\""},
    {"unknown key in the head", "cause=x\n", "x.conf:1:1: unknown key \"cause\""},
};

START_TEST(wrong_files) {
  g_autoptr(GError) error = NULL;
  BpPatternFile *file = read_text(wrong[_i].text, &error);
  ck_assert_msg(!file, "%s", wrong[_i].name);
  ck_assert(g_error_matches(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_PATTERN));
  assert_same(wrong[_i].name, error->message, wrong[_i].error);
}
END_TEST

START_TEST(a_pattern_that_grows) {
  g_autoptr(GString) text = g_string_new("define=a xxxxxxxx\n");
  for (char c = 'b'; c <= 'z'; c++)
    g_string_append_printf(text, "define=%c (?&%c)(?&%c)\n", c, c - 1, c - 1);
  g_autoptr(GError) error = NULL;
  ck_assert(!read_text(text->str, &error));
  ck_assert_str_eq(error->message, "x.conf:14:1: a pattern longer than 64 KiB");
}
END_TEST

START_TEST(a_nul_byte) {
  g_autoptr(GError) error = NULL;
  ck_assert(!bp_pattern_file_read("x.conf", BP_FILE_REPLIES, "[a]\nmatch=a\0b\n", 14, &error));
  ck_assert_str_eq(error->message, "x.conf:2:8: a NUL byte");
}
END_TEST

START_TEST(kinds_of_files) {
  BpFileKind kind;
  ck_assert(bp_file_kind("replies/gmail.conf", &kind) && kind == BP_FILE_REPLIES);
  ck_assert(bp_file_kind("layouts/exim.conf", &kind) && kind == BP_FILE_LAYOUTS);
  ck_assert(bp_file_kind("causes.conf", &kind) && kind == BP_FILE_CAUSES);
  ck_assert(!bp_file_kind("README.md", &kind));
  ck_assert(!bp_file_kind("other.conf", &kind));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("reader");
  TCase *tcase = tcase_create("reader");
  tcase_add_test(tcase, groups_and_values);
  tcase_add_test(tcase, defined_names);
  tcase_add_loop_test(tcase, wrong_files, 0, G_N_ELEMENTS(wrong));
  tcase_add_test(tcase, a_pattern_that_grows);
  tcase_add_test(tcase, a_nul_byte);
  tcase_add_test(tcase, kinds_of_files);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
