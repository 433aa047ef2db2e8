/* test-literal.c - the bytes that every match of a pattern must contain */
#include "pattern/literal.h"

#include "harness.h"

static const struct {
  const char *name, *pattern;
  const char *literals[4]; /* none: the pattern guarantees nothing */
} rows[] = {
    {"plain words", "User unknown", {"user unknown"}},
    {"the longer of two runs", "no .{0,9} such mailbox", {" such mailbox"}},
    {"branches each give one", "(?:unknown|invalid) user", {"unknown", "invalid"}},
    {"a branch without a literal spoils the group", "(?:unknown|\\w+) mailbox full", {" mailbox full"}},
    {"alternatives of the whole pattern", "quota exceeded|mailbox is full", {"quota exceeded", "mailbox is full"}},
    {"one alternative guarantees nothing", "quota exceeded|\\d+", {NULL}},
    {"an optional letter ends the run before it", "mailboxes? full", {"mailboxe"}},
    {"an optional group does not count", "user(?: unknown)? here today", {" here today"}},
    {"escaped marks are literal", "a\\.b\\[c\\]", {"a.b[c]"}},
    {"classes end a run", "abcd[ef]ghijk", {"ghijk"}},
    {"look-ahead is no part of the match", "reject(?!ion letter)ed", {"rejected"}},
    {"named groups count", "list (?<list>spamhaus)", {"spamhaus"}},
    {"letters beyond ASCII are folded", "EMPFÄNGER", {"empfänger"}},
    {"quoted text", "\\Qa.b.c\\E", {"a.b.c"}},
    {"a repeated letter ends the run", "abcde+fgh", {"abcde"}},
    {"too short", "ab\\d", {NULL}},
};

START_TEST(literals_of_a_pattern) {
  GPtrArray *set = bp_literals_of(rows[_i].pattern);
  if (!rows[_i].literals[0]) {
    ck_assert_msg(set == NULL, "%s", rows[_i].name);
    return;
  }
  ck_assert_msg(set != NULL, "%s: nothing found", rows[_i].name);
  for (guint i = 0; i < set->len; i++)
    assert_same(rows[_i].name, (const char *)g_ptr_array_index(set, i), rows[_i].literals[i]);
  ck_assert_msg(rows[_i].literals[set->len] == NULL, "%s: too few", rows[_i].name);
  g_ptr_array_unref(set);
}
END_TEST

START_TEST(folding) {
  gsize length;
  char *folded = bp_literal_fold("Überfüllt ABC", strlen("Überfüllt ABC"), &length);
  ck_assert_str_eq(folded, "überfüllt abc");
  ck_assert_uint_eq(length, strlen(folded));
  g_free(folded);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("literal");
  TCase *tcase = tcase_create("literal");
  tcase_add_loop_test(tcase, literals_of_a_pattern, 0, G_N_ELEMENTS(rows));
  tcase_add_test(tcase, folding);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
