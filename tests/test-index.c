/* test-index.c - which patterns are run on a text, and on which of its lines */
#include "harness.h"
#include "pattern/build.h"
#include "pattern/in-line.h"
#include "pattern/literal.h"
#include "pattern/needs.h"
#include "pattern/patterns.h"

static const struct {
  const char *name, *pattern;
  gboolean stays;
} lines[] = {
    {"words", "^mailbox (?:is )?full$", TRUE},
    {"a dot matches no newline", "mailbox .* full", TRUE},
    {"a dot does with an option, which is not read", "(?s)mailbox .* full", FALSE},
    {"blanks of any sort", "mailbox\\s+full", FALSE},
    {"space and tab", "mailbox[ \\t]+full", TRUE},
    {"no word", "mailbox\\W+full", FALSE},
    {"a newline", "mailbox\\nfull", FALSE},
    {"all but one character", "mailbox[^;]full", FALSE},
    {"all but some and newline", "mailbox[^;\\n]full", TRUE},
    {"all but blanks", "<[^\\s<>]+>", TRUE},
    {"blanks in a class", "mailbox[:\\s]full", FALSE},
    {"all but what is no blank", "mailbox[^\\S]full", FALSE},
    {"a bracket first in a class", "[]\\s]", FALSE},
    {"a class by name", "[[:space:]]", FALSE},
    {"the end of all", "full\\z", FALSE},
    {"a code", "mailbox\\x0afull", FALSE},
    {"looking behind for a word", "(?<!your )mailbox", TRUE},
    {"looking ahead beyond the line", "mailbox(?!\\s*full)", FALSE},
    {"a named group", "(?<list>sbl) mailbox", TRUE},
    {"an escaped bracket", "\\[mailbox\\]", TRUE},
    {"a backslash at the end", "mailbox\\", FALSE},
};

START_TEST(stays_in_line) {
  g_autoptr(BpRegexTree) tree = bp_regex_read(lines[_i].pattern);
  ck_assert_msg(bp_stays_in_line(tree) == lines[_i].stays, "%s", lines[_i].name);
}
END_TEST

#define TEXT                                                                                                           \
  "This is the mail system at host mx.example.net.\n\n"                                                                \
  "I'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n"           \
  "For further assistance, please send mail to postmaster.\n\n"                                                        \
  "<alice@example.com>: host mx.example.com[192.0.2.1] said: 550 5.1.1\n    User unknown (in reply to RCPT TO "        \
  "command)\n"                                                                                                         \
  "   ----- Transcript of session follows -----\n... while talking to mx.example.org.:\n>>> RCPT "                     \
  "To:<bob@example.org>\n"                                                                                             \
  "<<< 552 5.2.2 Mailbox full\n\n   ----- Original message follows -----\n\nFrom: carol@example.net\nSubject: Hello\n"

static const char *const texts[] = {
    TEXT,
    "\n" TEXT
    "------ This is a copy of the message, including all the headers. ------\n\nReceived: by mx\nTo: x@example.com",
    "İstanbul\n" TEXT,
    "Diese E-Mail konnte nicht zugestellt werden: Empfänger unbekannt\n\n" TEXT "\n\n\n",
    "Auto-Submitted: auto-replied\nFrom: MAILER-DAEMON@example.com\nSubject: Undelivered Mail\nX-Loop: yes\n",
    "Mailbox full. user unknown: mailbox full, no such user; the user unknown mailbox full of unknown user unknown",
    "\342\204\252\342\204\252 mailbox full 300\342\204\252 of mailbox quota\nſſſ user unknown, mailboxeſ are full",
    "",
    "\n",
};

typedef struct {
  gboolean found;
  gsize from, to;
} Match;

static Match match_of(const BpMatcher *m, gboolean found) {
  Match match = {found, 0, 0};
  if (found)
    bp_matcher_span(m, &match.from, &match.to);
  return match;
}

static void assert_same_match(const BpTables *t, guint32 n, Match in_lines, Match in_all) {
  const char *pattern = BP_STR(t, t->matchers[n].pattern);
  ck_assert_msg(in_lines.found == in_all.found, "%s: %d in its lines, %d in all", pattern, in_lines.found,
                in_all.found);
  ck_assert_msg(in_lines.from == in_all.from && in_lines.to == in_all.to, "%s: at other places", pattern);
}

/* Whatever the index says need not be looked at does not match. */
START_TEST(candidates_match_as_in_the_whole_text) {
  const char *text = texts[_i];
  g_autoptr(BpPatterns) patterns = bp_patterns_new(NULL, NULL);
  g_autoptr(BpMatcher) m = bp_matcher_new(patterns);
  const BpTables *t = bp_matcher_tables(m);
  guint found = 0;
  for (guint domain = 0; domain < BP_N_MATCH; domain++) {
    guint32 first = t->domains[domain].matchers.first, end = first + t->domains[domain].matchers.n;
    BpCandidates c = bp_matcher_candidates(m, (BpMatchDomain)domain, text, strlen(text));
    guint32 next = bp_candidates_next(&c);
    for (guint32 n = first; n < end; n++) {
      bp_matcher_begin(m);
      Match all = match_of(m, t->matchers[n].pattern && bp_matcher_run(m, n, text, strlen(text), 0)), in_lines = {0};
      if (n == next) {
        in_lines = match_of(m, t->matchers[n].pattern && bp_candidates_run(m, &c, n));
        next = bp_candidates_next(&c);
      }
      assert_same_match(t, n, in_lines, all);
      found += all.found;
    }
    ck_assert_uint_eq(next, BP_ANY);
  }
  ck_assert(strlen(text) < 100 || found > 10);
}
END_TEST

/* ---- what the build keeps of the shipped patterns ----------------------------------------------------------- */

static void assert_same_set(const BpLiteralSet *kept, const BpLiteralSet *read, const char *pattern) {
  ck_assert_msg(kept->before == read->before && kept->behind.least == read->behind.least &&
                    kept->behind.most == read->behind.most && kept->literals->len == read->literals->len,
                "%s: another set", pattern);
  for (guint i = 0; i < kept->literals->len; i++)
    ck_assert_str_eq(g_ptr_array_index(kept->literals, i), g_ptr_array_index(read->literals, i));
}

static void assert_same_needs(const BpNeeds *kept, const BpNeeds *read, const char *pattern) {
  ck_assert_msg(kept->in_line == read->in_line && !kept->clauses == !read->clauses, "%s: other needs", pattern);
  if (!kept->clauses)
    return;
  ck_assert_msg(kept->clauses->len == read->clauses->len, "%s: other clauses", pattern);
  for (guint i = 0; i < kept->clauses->len; i++) {
    const GPtrArray *sets = g_ptr_array_index(kept->clauses, i), *others = g_ptr_array_index(read->clauses, i);
    ck_assert_msg(sets->len == others->len, "%s: other sets", pattern);
    for (guint j = 0; j < sets->len; j++)
      assert_same_set(g_ptr_array_index(sets, j), g_ptr_array_index(others, j), pattern);
  }
}

START_TEST(needs_are_kept_as_they_are_read) {
  const BpTables *t = &bp_shipped_tables;
  guint compared = 0;
  for (guint32 i = 0; i < t->n_matchers; i++) {
    ck_assert(!t->matchers[i].pattern == !t->matchers[i].needs);
    if (!t->matchers[i].needs)
      continue;
    const char *pattern = BP_STR(t, t->matchers[i].pattern);
    g_autoptr(BpNeeds) kept = bp_needs_read(t, t->matchers[i].needs), read = bp_needs_of(pattern);
    assert_same_needs(kept, read, pattern);
    compared++;
  }
  ck_assert_uint_gt(compared, 1000);
}
END_TEST

static void assert_same_matcher(const BpTables *t, const BpTables *other, guint32 n) {
  const BpMatcherRecord *a = &t->matchers[n], *b = &other->matchers[n];
  ck_assert_str_eq(BP_STR(t, a->pattern), BP_STR(other, b->pattern));
  ck_assert_uint_eq(a->owner, b->owner);
  ck_assert_uint_eq(a->min_length, b->min_length);
  ck_assert_uint_eq(a->program, b->program);
  ck_assert_uint_eq(a->needs, b->needs);
}

/* A set with layers takes over what is known of the shipped patterns: it has to come to the same. */
START_TEST(the_shipped_set_is_built_anew_as_it_is) {
  g_autoptr(BpSource) source = bp_source_new();
  ck_assert(bp_source_add_shipped(source, NULL));
  g_autoptr(BpTables) anew = bp_tables_build(source, NULL, NULL);
  const BpTables *t = &bp_shipped_tables;
  ck_assert(anew && t->n_known > 1000 && anew->n_known == 0);
  ck_assert_uint_eq(t->n_matchers, anew->n_matchers);
  for (guint32 i = 0; i < t->n_matchers; i++)
    assert_same_matcher(t, anew, i);
  ck_assert_uint_eq(t->n_literals, anew->n_literals);
  for (guint32 i = 0; i < t->n_literals; i++) {
    ck_assert_str_eq(BP_STR(t, t->literals[i].text), BP_STR(anew, anew->literals[i].text));
    ck_assert_uint_eq(t->literals[i].at, anew->literals[i].at);
    ck_assert_uint_eq(t->literals[i].keys.n, anew->literals[i].keys.n);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("index");
  TCase *tcase = tcase_create("index");
  tcase_set_timeout(tcase, 120);
  tcase_add_loop_test(tcase, stays_in_line, 0, G_N_ELEMENTS(lines));
  tcase_add_loop_test(tcase, candidates_match_as_in_the_whole_text, 0, G_N_ELEMENTS(texts));
  tcase_add_test(tcase, needs_are_kept_as_they_are_read);
  tcase_add_test(tcase, the_shipped_set_is_built_anew_as_it_is);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
