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
      const GPtrArray *set = ((const BpLiteralSet *)g_ptr_array_index(sets, j))->literals;
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

/* Where the literals of a pattern's best set stand behind the beginning of a match. */
static const struct {
  const char *name, *pattern;
  gboolean before;
  guint32 least, most;
} places[] = {
    {"at the beginning", "mailbox full", FALSE, 0, 0},
    {"behind a class", "[ab]mailbox", FALSE, 1, 1},
    {"behind any character, which may be long", ".mailbox", FALSE, 1, 4},
    {"behind something optional", "(?:the )?mailbox", FALSE, 0, 4},
    {"behind repeats", "\\d{2,3}x+mailbox", FALSE, 3, BP_REPEAT_MAX},
    {"behind letters that have a longer case", "(?:is|ok)? mailbox", FALSE, 0, 4},
    {"behind ways of several lengths", "(?:a|bcde) mailbox", FALSE, 1, 4},
    {"in ways", "(?:[ab]. unknown|invalid) x", FALSE, 0, 5},
    {"in what is repeated: the first time", "x(?:\\d mailbox){2,}", FALSE, 2, 2},
    {"in a group", "a(?<what>b(?>c mailbox))", FALSE, 0, 0},
    {"ahead", "\\d(?=.{0,5}mailbox)", FALSE, 1, 21},
    {"behind what is ahead", "\\d(?=abc)mailbox", FALSE, 1, 1},
    {"before", "(?<=mailbox)\\d", TRUE, 0, 0},
    {"in a way before", "(?:(?<=mailbox)\\d|mailboxes) x", TRUE, 0, 0},
};

START_TEST(places_of_literals) {
  g_autoptr(BpRegexTree) tree = bp_regex_read(places[_i].pattern);
  g_autoptr(GPtrArray) clauses = bp_literals_of(tree);
  ck_assert(clauses && clauses->len == 1);
  const BpLiteralSet *set = g_ptr_array_index((const GPtrArray *)g_ptr_array_index(clauses, 0), 0);
  ck_assert_msg(set->before == places[_i].before, "%s", places[_i].name);
  ck_assert_msg(set->before || (set->behind.least == places[_i].least && set->behind.most == places[_i].most),
                "%s: %u to %u", places[_i].name, set->behind.least, set->behind.most);
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

START_TEST(folding_keeps_places) {
  g_autoptr(GString) folded = g_string_new(NULL);
  ck_assert(bp_literal_fold_into(folded, "Überfüllt ABC", strlen("Überfüllt ABC")));
  ck_assert(!bp_literal_fold_into(folded, "300 \342\204\252 ABC", strlen("300 \342\204\252 ABC")));
  ck_assert_str_eq(folded->str, "300 k abc");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("literal");
  TCase *tcase = tcase_create("literal");
  tcase_add_loop_test(tcase, literals_of_a_pattern, 0, G_N_ELEMENTS(rows));
  tcase_add_loop_test(tcase, places_of_literals, 0, G_N_ELEMENTS(places));
  tcase_add_test(tcase, folding);
  tcase_add_test(tcase, folding_keeps_places);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
