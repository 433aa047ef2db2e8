/* test-literal.c - the bytes that every match of a pattern must contain */
#include "pattern/literal.h"

#include "harness.h"

/* "a|b & c ; d": a text must hold a or b, and c; or d. */
static const struct {
  const char *name, *pattern, *literals; /* NULL: the pattern guarantees nothing */
} rows[] = {
    {"plain words", "User unknown", "user unknown"},
    {"two runs", "mailbox .{0,9} is very full", " is very full & mailbox "},
    {"branches each give one", "(?:unknown|invalid) user", "unknown|invalid &  user"},
    {"a branch without a literal spoils its group", "(?:unknown|\\w+) mailbox full", " mailbox full"},
    {"alternatives of the whole pattern", "quota exceeded|mailbox is full", "quota exceeded ; mailbox is full"},
    {"one alternative guarantees nothing", "quota exceeded|\\d+", NULL},
    {"an optional letter ends the run before it", "mailboxes? full", "mailboxe &  full"},
    {"an optional group does not count", "user(?: unknown)? here today", " here today & user"},
    {"escaped marks are literal", "a\\.b\\[c\\]", "a.b[c]"},
    {"classes end a run", "abcd[ef]ghijk", "ghijk & abcd"},
    {"look-ahead is no part of the match", "reject(?!ion letter)ed", "rejected"},
    {"what must be seen ahead stands in the text", "reject(?=ion letter)", "ion letter & reject"},
    {"what must be seen behind does too", "(?<=sender |client )unknown", "unknown & sender |client "},
    {"what may be seen ahead need not", "reject(?=ion|\\d)", "reject"},
    {"a named group is part of the run", "(?<list>spamhaus) list", "spamhaus list"},
    {"letters beyond ASCII are folded", "EMPFÄNGER", "empfänger"},
    {"quoted text", "\\Qa.b.c\\E", "a.b.c"},
    {"a repeated letter ends the run", "abcde+fgh", "abcde & fgh"},
    {"what follows the colon of a group is not its kind", "(?:issue|ms-mail) wibble", " wibble & issue|ms-mail"},
    {"too short", "ab\\d", NULL},
    {"groups within groups", "abc(((((((((((((((((((((((((((((((((((((x|efg)))))))))))))))))))))))))))))))))))))",
     "abc"},
    {"what is not read", "(mail)box \\1 is full", NULL},
    {"a group within a group", "(?:a(?:bcd|efg)|hij) klm", " klm & bcd|efg|hij"},
};

static char *text_of(const GPtrArray *clauses) {
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < clauses->len; i++) {
    const GPtrArray *sets = g_ptr_array_index(clauses, i);
    g_string_append(text, i ? " ; " : "");
    for (guint j = 0; j < sets->len; j++) {
      const GPtrArray *set = g_ptr_array_index(sets, j);
      g_string_append(text, j ? " & " : "");
      for (guint k = 0; k < set->len; k++)
        g_string_append_printf(text, "%s%s", k ? "|" : "", (const char *)g_ptr_array_index(set, k));
    }
  }
  return g_string_free(text, FALSE);
}

START_TEST(literals_of_a_pattern) {
  g_autoptr(BpRegexTree) tree = bp_regex_read(rows[_i].pattern);
  g_autoptr(GPtrArray) clauses = bp_literals_of(tree);
  g_autofree char *text = clauses ? text_of(clauses) : NULL;
  assert_same(rows[_i].name, text, rows[_i].literals);
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
