/* test-program.c - programs find what PCRE2 finds, at the same places */
#include "harness.h"
#include "pattern/build.h"
#include "pattern/patterns.h"
#include "pattern/pcre.h"
#include "pattern/program.h"

#define BUDGET (1000 * 1000 * 1000LL)

static const char *const patterns[] = {
    "mailbox full",
    "a|ab|abc",
    "abc|ab|a",
    "(?:a|ab)(?:c|bcd)",
    "(?:|a)b",
    "(?:a|)b",
    "^a",
    "a$",
    "^$",
    "^",
    "\\z",
    "\\A\\w+",
    "a\\z",
    "\\ba",
    "a\\b",
    "\\Ba",
    "\\b",
    "\\B",
    ".",
    ".+",
    ".*b",
    ".*?b",
    "a.c",
    "a[^b]c",
    "[ab]+c",
    "[^ab]+",
    "[^\\n]{2,4}x",
    "[^\\n]{2,4}?x",
    "[^;]*;",
    "[a-c]{2}",
    "[]a]+",
    "[^]a]+",
    "[a\\-z]+",
    "[\\w.-]+@[\\w-]+(?:\\.[\\w-]+)+",
    "[\\W_]+",
    "[^\\W\\d]+",
    "[^\\S\\n]+",
    "[\\x{80}-\\x{ffff}]+",
    "[\\x41-\\x43]+",
    "\\d+\\.\\d+",
    "\\D+\\d",
    "\\s+\\S",
    "\\W+",
    "a*",
    "a*?b",
    "a+b",
    "a+?b",
    "a++b",
    "a?b",
    "a??b",
    "a?+a",
    "a{2}",
    "a{2,}",
    "a{2,3}",
    "a{2,3}?",
    "a{x}",
    "k+",
    "S*s",
    "(?:ab)+",
    "(?:ab)*c",
    "(?:ab)*?c",
    "(?:ab){2}",
    "(?:ab){1,3}",
    "(?:ab){1,3}?a",
    "(?:a|b){2,4}c",
    "(?:a?b?){0,3}c",
    "(?:ab)?+abc",
    "(?:ab|a)++b",
    "(?>ab|a)c",
    "(?=ab)a",
    "(?!ab)a",
    "a(?=b|$)",
    "a(?!b)",
    "(?<=a)b",
    "(?<!a)b",
    "(?<=ab|c)c",
    "(?<!ab|c)c",
    "(?<=\\ba.)c",
    "(?<=ä)ö",
    "(?<!ä|\\w)ö",
    "(?<![\\w@.<-])\\w+",
    "(?<local>[^\\s@]+)@(?<domain>[\\w.-]+)",
    "(?<name>a)|(?<name>b)|(?<name>c)",
    "(?:(?<name>a)|b)+c",
    "(?:(?<name>a)b|ab)c",
    "(?<name>a*?)(?<reply>b*)c",
    "(?=(?<name>\\w+))\\w(?<reply>\\w)?",
    "(?:(?=(?<name>a+))a)?b",
    "(?!(?<name>ab))a",
    "(?<name>(?:a|b)+)(?<reply>b)",
    "(?-i:A)b",
    "x\\Qa.b\\E|\\Qa\\Eb+",
    "(?-i:[A-C]+)",
    "(?-i:Kk)",
    "(?-i:ä)",
    "ä",
    "ß",
    "[äöü]+",
    "[^ä]+",
    "ä+",
    "σ+",
    "İ|ı|i",
    "я",
    "ſ",
    "blocked using (?<list>[\\w.-]+?)[,.;]?(?: |$)",
    "(?:host|ip|address)[ :=]*[\\[(<]?(?<sending_ip>(?:\\d{1,3}\\.){3}\\d{1,3})\\b",
    "\\(reason: (?<reply>[^\\n]*(?:\\n[ \\t]+[^\\n]+)*)\\)",
    "(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|b|c|d|f|g|h|i|j|k|l|m|p|q|r|u|v|w|x|y|z|0|1)+ ",
};

/* Nothing matches these, as what they took is not given back. */
static const char *const barren[] = {"a*+a", "a++ab", "(?>a+)ab", "(?:a|b)++b", "(?=(?<name>a))b"};

static const char *const texts[] = {
    "",
    "a",
    "A",
    "b",
    "ab",
    "abc",
    "abcd",
    "aab",
    "abb",
    "Ab",
    "aaaa",
    "ababc",
    "abababab",
    "xabcx abc",
    "ac bc cc",
    "aac",
    "bbbc",
    "a\nb\n",
    "\n",
    "\na",
    "b\na\n\nab\n",
    "ab\ncd;ef\n;",
    "   a  b\t\tc ",
    "a.b-c_d@e.example.com, f@g",
    "]a]-z[",
    "a{,3} a{x}",
    "1.22 a1 2b",
    "KkK\u212A\u212Ak sS\u017F\u017F",
    "\u017Fo\u017F \u212Aelvin",
    "Ärger äöü ÄÖÜ ößẞ",
    "öäö aö",
    "Σίσυφος ΣΑΣ",
    "İstanbul ıi",
    "Яндекс я",
    "日本語abc日本",
    "\U0001F600a\U0001F600",
    "mailbox full MAILBOX FULL",
    "550 5.7.1 Client host [192.0.2.7] blocked using zen.example.org; see",
    "blocked using list. ip: (198.51.100.23) x",
    "550 5.1.1 <alice@example.com>\n    (reason: 550 no such user\n     here)\n",
    "one two three twelve eleven xyz",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac",
};

/* The groups that patterns name here. */
static const char *const names[] = {"local", "domain",    "name",        "reply",       "list",   "sending_ip",
                                    "limit", "recipient", "remote_host", "remote_ip",   "status", "code",
                                    "url",   "reference", "filter",      "new_address", "command"};

typedef struct {
  const guint32 *program;
  BpPcre *pcre;
  BpRun *run;
} Pair;

static void assert_same_groups(const Pair *pair, const char *pattern, const char *text) {
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    gsize from = 0, to = 0, want_from = 0, want_to = 0;
    gboolean set = bp_run_group(pair->run, names[i], &from, &to),
             want = bp_pcre_group(pair->pcre, names[i], &want_from, &want_to);
    ck_assert_msg(set == want && from == want_from && to == want_to, "%s on \"%s\": %s is %d %zu-%zu, not %d %zu-%zu",
                  pattern, text, names[i], set, from, to, want, want_from, want_to);
  }
}

/* Searches text from each character on. Returns how many matches there were. */
static guint compare(const Pair *pair, const char *pattern, const char *text, gboolean from_everywhere) {
  gsize length = strlen(text);
  guint found = 0;
  for (gsize start = 0; start <= (from_everywhere ? length : 0);
       start = start < length ? (gsize)(g_utf8_next_char(text + start) - text) : start + 1) {
    gint64 budget = BUDGET, other = BUDGET;
    gsize from = 0, to = 0, want_from = 0, want_to = 0;
    gboolean got = bp_run_search(pair->run, pair->program, text, length, start, length, &budget),
             want = bp_pcre_search(pair->pcre, text, length, start, &other);
    if (got)
      bp_run_span(pair->run, &from, &to);
    if (want)
      bp_pcre_span(pair->pcre, &want_from, &want_to);
    ck_assert_msg(got == want && from == want_from && to == want_to,
                  "%s on \"%s\" from %zu: %d %zu-%zu, not %d %zu-%zu", pattern, text, start, got, from, to, want,
                  want_from, want_to);
    if (got)
      assert_same_groups(pair, pattern, text);
    found += got;
  }
  return found;
}

static guint compare_on_all(const char *pattern) {
  g_autoptr(GArray) program = bp_program_build(pattern);
  ck_assert_msg(program != NULL, "%s", pattern);
  Pair pair = {&g_array_index(program, guint32, 0), bp_pcre_new(pattern), bp_run_new()};
  ck_assert(pair.pcre != NULL);
  guint found = 0;
  for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
    found += compare(&pair, pattern, texts[i], TRUE);
  bp_pcre_free(pair.pcre);
  bp_run_free(pair.run);
  return found;
}

START_TEST(programs_do_as_pcre2_does) {
  ck_assert_msg(compare_on_all(patterns[_i]) > 0, "%s matches nothing", patterns[_i]);
}
END_TEST

START_TEST(programs_find_nothing_where_pcre2_does_not) {
  ck_assert_uint_eq(compare_on_all(barren[_i]), 0);
}
END_TEST

/* Each shipped pattern has its program, and it does as PCRE2 does on texts that come near to some of them. */
START_TEST(shipped_programs_do_as_pcre2_does) {
  const BpTables *t = &bp_shipped_tables;
  Pair pair = {.run = bp_run_new()};
  guint found = 0;
  for (guint32 i = (guint32)_i; i < t->n_matchers; i += 10) {
    if (!t->matchers[i].pattern)
      continue;
    const char *pattern = BP_STR(t, t->matchers[i].pattern);
    ck_assert_msg(t->matchers[i].program > 0, "%s has no program", pattern);
    pair.program = t->programs + t->matchers[i].program;
    pair.pcre = bp_pcre_new(pattern);
    for (guint j = 0; j < G_N_ELEMENTS(texts); j++)
      found += compare(&pair, pattern, texts[j], FALSE);
    /* Every rule's own words, as far as they stand in the pattern. */
    found += compare(&pair, pattern, pattern, FALSE);
    bp_pcre_free(pair.pcre);
  }
  ck_assert_uint_gt(found, 100);
  bp_run_free(pair.run);
}
END_TEST

/* All letters that have a case, in the blocks that do not change any more. */
static char *all_letters(void) {
  static const gunichar blocks[][2] = {{'A', 0x52f}, {0x1e00, 0x1fff}, {0x2100, 0x2188}, {0xff21, 0xff5a}};
  GString *all = g_string_new(NULL);
  for (guint i = 0; i < G_N_ELEMENTS(blocks); i++)
    for (gunichar c = blocks[i][0]; c <= blocks[i][1]; c++)
      if (g_unichar_isalpha(c) && (g_unichar_tolower(c) != c || g_unichar_toupper(c) != c || c == 0xdf))
        g_string_append_unichar(all, c);
  return g_string_free(all, FALSE);
}

START_TEST(letters_have_the_cases_that_pcre2_gives_them) {
  g_autofree char *all = all_letters();
  Pair pair = {.run = bp_run_new()};
  for (const char *p = all; *p; p = g_utf8_next_char(p)) {
    g_autofree char *letter = g_strndup(p, (gsize)(g_utf8_next_char(p) - p)),
                    *pattern = g_strdup_printf("%s%s", (p - all) % 2 ? "" : "x?", letter);
    g_autoptr(GArray) program = bp_program_build(pattern);
    pair.program = &g_array_index(program, guint32, 0);
    pair.pcre = bp_pcre_new(pattern);
    gsize start = 0, from, to;
    for (gint64 budget = BUDGET;; start = to) {
      gboolean want = bp_pcre_search(pair.pcre, all, strlen(all), start, &budget);
      if (want)
        bp_pcre_span(pair.pcre, &from, &to);
      gsize want_from = from, want_to = to;
      gboolean got = bp_run_search(pair.run, pair.program, all, strlen(all), start, strlen(all), &budget);
      if (got)
        bp_run_span(pair.run, &from, &to);
      ck_assert_msg(got == want && (!got || (from == want_from && to == want_to)), "%s", pattern);
      if (!want)
        break;
    }
    bp_pcre_free(pair.pcre);
  }
  bp_run_free(pair.run);
}
END_TEST

static const char *const beyond[] = {
    "(a)\\1",      "\\p{L}",      "(?i)a",      "[[:alpha:]]", "\\Qa",     "\\Qab\\E+",  "(?|a|b)", "(a)(?1)",
    "(?(?=a)b|c)", "(?#comment)", "\\R",        "\\h+",        "(?:a*)*",  "a{,3}",      "a{ 1}",   "a{70000}",
    "\\Ka",        "(*COMMIT)a",  "(?:ab){65}", "\\Ga",        "(?<=a*)b", "(?'name'a)",
};

START_TEST(what_programs_cannot_do_is_left_to_pcre2) {
  g_autoptr(GArray) program = bp_program_build(beyond[_i]);
  ck_assert_msg(program == NULL, "%s", beyond[_i]);
}
END_TEST

/* Work has an end, and it is charged. */
START_TEST(a_search_takes_its_budget) {
  g_autofree char *text = g_strnfill(20000, 'a');
  g_autoptr(GArray) slow = bp_program_build("(?:a|aa)+b"), quick = bp_program_build("a[bc]"),
                    long_way = bp_program_build("[^;]*;");
  BpRun *run = bp_run_new();
  gint64 budget = BUDGET;
  ck_assert(!bp_run_search(run, &g_array_index(slow, guint32, 0), text, strlen(text), 0, strlen(text), &budget));
  ck_assert_int_lt(budget, BUDGET - 5000);
  ck_assert_int_gt(budget, BUDGET - 100000);
  budget = BUDGET;
  ck_assert(!bp_run_search(run, &g_array_index(quick, guint32, 0), text, strlen(text), 0, strlen(text), &budget));
  ck_assert_int_lt(budget, BUDGET - 10000);
  budget = 100000;
  ck_assert(!bp_run_search(run, &g_array_index(long_way, guint32, 0), text, strlen(text), 0, strlen(text), &budget));
  ck_assert_int_le(budget, 0);
  bp_run_free(run);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("program");
  TCase *tcase = tcase_create("program");
  tcase_set_timeout(tcase, 240);
  tcase_add_loop_test(tcase, programs_do_as_pcre2_does, 0, G_N_ELEMENTS(patterns));
  tcase_add_loop_test(tcase, programs_find_nothing_where_pcre2_does_not, 0, G_N_ELEMENTS(barren));
  tcase_add_loop_test(tcase, shipped_programs_do_as_pcre2_does, 0, 10);
  tcase_add_test(tcase, letters_have_the_cases_that_pcre2_gives_them);
  tcase_add_loop_test(tcase, what_programs_cannot_do_is_left_to_pcre2, 0, G_N_ELEMENTS(beyond));
  tcase_add_test(tcase, a_search_takes_its_budget);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
