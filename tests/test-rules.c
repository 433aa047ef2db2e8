/* test-rules.c - which rule takes a reply: the order of precedence, conditions, layers */
#include "fixture.h"

/* Words that no shipped rule knows. */
static const char set[] =
    "[t-long]\nmatch=zorbly fault in the quux\ncause=mailbox-full\nexample=x\n"
    "[t-short]\nmatch=zorbly fault\ncause=user-unknown\nexample=x\n"
    "[t-code]\nmatch=zorbly\ncode=552\ncause=greylisted\nexample=x\n"
    "[t-both]\nmatch=zorbly\ncode=552\nstatus=5.2.x\ncause=mail-loop\nexample=x\n"
    "[t-vendor]\nmatch=zorbly\nwhen-vendor=gmail\ncause=spam-content\nexample=x\n"
    "[t-over]\nmatch=quux flap\ncause=tls-failed\nover=t-longer\nexample=x\n"
    "[t-longer]\nmatch=zorbly quux flap indeed\ncause=rate-limited\nexample=x\n"
    "[t-over-cause]\nmatch=wibbly\ncause=sender-rejected\nover=cause:suppressed\nexample=x\n"
    "[t-of-cause]\nmatch=wibbly wobbly indeed\ncause=suppressed\nexample=x\n"
    "[t-circle-a]\nmatch=wumble the long one\ncause=greylisted\nover=t-circle-b\nexample=x\n"
    "[t-circle-b]\nmatch=wumble the long\ncause=tls-failed\nover=t-circle-a\nexample=x\n"
    "[t-circle-out]\nmatch=wumble\ncause=mail-loop\nover=t-circle-b\nexample=x\n"
    "[t-guard]\nmatch=frotz of the very long kind\ncause=sender-rejected\nguard=true\nover=t-guarded\n"
    "example=x\n"
    "[t-guarded]\nmatch=frotz\ncode=550\ncause=suppressed\nexample=x\n"
    "[t-unguarded]\nmatch=frotz of\ncode=450\ncause=mail-loop\nexample=x\n"
    "[t-guard-of-weak]\nmatch=plugh of the other\ncause=sender-rejected\nguard=true\nover=advice:remove\nexample=x\n"
    "[t-guarded-weak]\nmatch=plugh\nweak=true\ncause=user-unknown\nexample=x\n"
    "[t-other-weak]\nmatch=fweep plugh\nweak=true\ncause=mail-loop\nexample=x\n"
    "[t-weak]\nmatch=glomp (?<limit>\\d+)\nweak=true\ncause=policy-rejected\nexample=x\n"
    "[t-none]\nmatch=snarfl\nwhen-vendor=none\ncause=relay-denied\nexample=x\n"
    "[t-gone]\nmatch=thwip fault of the long kind\ncause=user-unknown\nexample=x\n"
    "[t-not-gone]\nmatch=thwip fault\ncause=mailbox-full\nexample=x\n"
    "[t-range]\nmatch=blorp\nstatus=5.7.606-649\ncause=ip-blocked\nexample=x\n";

static const struct {
  const char *name, *reply, *rule, *cause;
} rows[] = {
    {"the longer match goes before the shorter", "550 zorbly fault in the quux", "t-long", "mailbox-full"},
    {"the shorter where only it matches", "550 zorbly fault", "t-short", "user-unknown"},
    {"a condition goes before length", "552 zorbly fault in the quux", "t-code", "greylisted"},
    {"two conditions go before one", "552 5.2.9 zorbly fault", "t-both", "mail-loop"},
    {"when-vendor goes before conditions", "552 5.2.9 zorbly fault 41be03b00d2f7-71 - gsmtp", "t-vendor",
     "spam-content"},
    {"over goes before all", "550 zorbly quux flap indeed", "t-over", "tls-failed"},
    {"over all rules of a cause", "550 wibbly wobbly indeed", "t-over-cause", "sender-rejected"},
    {"over out of a circle", "550 wumble the long one", "t-circle-out", "mail-loop"},
    {"a guard goes before what it names", "550 frotz of the very long kind", "t-guard", "sender-rejected"},
    {"a guard goes before nothing else", "450 frotz of the very long kind", "t-unguarded", "mail-loop"},
    {"a guard does not decide alone", "551 frotz of the very long kind", NULL, NULL},
    {"a guard goes before a weak rule", "550 plugh of the other", "t-guard-of-weak", "sender-rejected"},
    {"a weak rule whose guard does not match", "550 plugh of this", "t-guarded-weak", "user-unknown"},
    {"a guard goes before no rule of another advice", "550 fweep plugh of the other", "t-other-weak", "mail-loop"},
    {"a specific status goes before a weak rule", "550 5.2.2 glomp 7", NULL, "mailbox-full"},
    {"a weak rule goes before a weak status", "550 5.7.1 glomp 7", "t-weak", "policy-rejected"},
    {"no vendor found", "550 snarfl", "t-none", "relay-denied"},
    {"a vendor found", "550 snarfl 41be03b00d2f7-71 - gsmtp", NULL, NULL},
    {"length, in a layer whatever the advice", "550 thwip fault of the long kind", "t-gone", "user-unknown"},
    {"a range of statuses, its end", "550 5.7.649 blorp", "t-range", "ip-blocked"},
    {"behind the range", "550 5.7.650 blorp", NULL, NULL},
    {"words across line ends and several lines", "550-zorbly fault\r\n550 in   the quux", "t-long", "mailbox-full"},
    {"capital letters", "550 ZORBLY FAULT", "t-short", "user-unknown"},
};

START_TEST(precedence) {
  char *folder = fixture_new(set);
  g_autoptr(BounceparseReader) reader = fixture_reader(folder, NULL);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_explain(reader, rows[_i].reply, -1);
  const BounceparseRecipient *r = bounceparse_answer_get_recipient(answer, 0);
  assert_same(rows[_i].name, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_RULE), rows[_i].rule);
  if (rows[_i].cause)
    assert_same(rows[_i].name, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_CAUSE), rows[_i].cause);
  fixture_free(folder);
}
END_TEST

START_TEST(facts_of_a_rule) {
  char *folder = fixture_new(set);
  g_autoptr(BounceparseReader) reader = fixture_reader(folder, NULL);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_explain(reader, "550 glomp 1234", -1);
  const char *value = NULL;
  ck_assert_str_eq(bounceparse_recipient_get_fact(bounceparse_answer_get_recipient(answer, 0), 0, &value), "limit");
  ck_assert_str_eq(value, "1234");
  fixture_free(folder);
}
END_TEST

static const struct {
  const char *name, *text, *error;
} wrong[] = {
    {"an unknown cause", "[t]\nmatch=abcd\ncause=nonsense\n", ":1: unknown cause \"nonsense\""},
    {"no cause", "[t]\nmatch=abcd\n", ":1: a rule needs a cause"},
    {"no pattern", "[t]\ncause=unknown\n", ":1: a rule needs match, or when-vendor with code or status"},
    {"a bad pattern", "[t]\ncause=unknown\nmatch=ab(cd\n",
     ":3: missing closing parenthesis, at character 6 of the pattern"},
    {"a group that is no fact", "[t]\ncause=unknown\nmatch=(?<colour>red)\n",
     ":3: a group may not be named \"colour\""},
    {"an unknown vendor", "[t]\ncause=unknown\nmatch=abcd\nwhen-vendor=nobody\n", ":4: unknown vendor \"nobody\""},
    {"an unknown rule in over", "[t]\ncause=unknown\nmatch=abcd\nover=nobody\n",
     ":4: over=nobody: there is no such group"},
    {"an unknown cause in over", "[t]\ncause=unknown\nmatch=abcd\nover=cause:nonsense\n",
     ":4: over=cause:nonsense: there is no such group"},
    {"an unknown advice in over", "[t]\ncause=unknown\nmatch=abcd\nover=advice:nonsense\n",
     ":4: over=advice:nonsense: there is no such group"},
    {"a guard of nothing", "[t]\ncause=unknown\nmatch=abcd\nguard=true\n", ":1: a guard needs over"},
    {"an unknown field in a step", "[t]\ncause=unknown\nmatch=abcd\nstep=Do {this}\n",
     ":4: unknown field in \"Do {this}\""},
    {"steps without translation", "[t]\ncause=unknown\nmatch=abcd\nstep=a\nstep=b\nstep[de]=c\n",
     ":1: 2 times step, but 1 times in a translation"},
    {"a bad code", "[t]\ncause=unknown\nmatch=abcd\ncode=5yy\n", ":4: \"5yy\" is no reply code (550, 5xx, 550-559)"},
};

START_TEST(wrong_rules) {
  char *folder = fixture_new(wrong[_i].text);
  g_autoptr(BounceparseOptions) options = bounceparse_options_new();
  g_autoptr(GError) error = NULL;
  bounceparse_options_add_patterns(options, folder);
  ck_assert_msg(!bounceparse_reader_new(options, &error), "%s", wrong[_i].name);
  ck_assert(g_error_matches(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_PATTERN));
  ck_assert_msg(g_str_has_suffix(error->message, wrong[_i].error), "%s: %s", wrong[_i].name, error->message);
  fixture_free(folder);
}
END_TEST

START_TEST(a_later_layer_replaces_and_disables) {
  char *first = fixture_new("[t]\nmatch=zorbly\ncause=mailbox-full\n[u]\nmatch=snarfl\ncause=mailbox-full\n"),
       *second = fixture_new("[t]\nmatch=zorbly\ncause=mail-loop\n[u]\ndisabled=true\n");
  g_autoptr(BounceparseOptions) options = bounceparse_options_new();
  bounceparse_options_add_patterns(options, first);
  bounceparse_options_add_patterns(options, second);
  g_autoptr(BounceparseReader) reader = bounceparse_reader_new(options, NULL);
  ck_assert(reader != NULL);
  g_autoptr(BounceparseAnswer) replaced = bounceparse_reader_explain(reader, "550 zorbly", -1);
  g_autoptr(BounceparseAnswer) disabled = bounceparse_reader_explain(reader, "550 snarfl", -1);
  ck_assert_str_eq(
      bounceparse_recipient_get_string(bounceparse_answer_get_recipient(replaced, 0), BOUNCEPARSE_RECIPIENT_CAUSE),
      "mail-loop");
  ck_assert(
      !bounceparse_recipient_get_string(bounceparse_answer_get_recipient(disabled, 0), BOUNCEPARSE_RECIPIENT_RULE));
  fixture_free(first);
  fixture_free(second);
}
END_TEST

typedef struct {
  GString *ids;
  const char *decided;
} Visited;

static void visit(const char *id, const char *where, const char *vendor, const char *cause, const char *decided,
                  gpointer data) {
  Visited *visited = data;
  g_string_append_printf(visited->ids, "%s ", id);
  if (decided)
    visited->decided = decided;
}

START_TEST(what_matches_and_why) {
  char *folder = fixture_new(set);
  g_autoptr(BounceparseReader) reader = fixture_reader(folder, NULL);
  Visited visited = {g_string_new(NULL), NULL};
  bounceparse_reader_match(reader, "550 zorbly fault in the quux", visit, &visited);
  ck_assert_str_eq(visited.ids->str, "t-long t-short ");
  ck_assert_str_eq(visited.decided, "length");
  g_string_free(visited.ids, TRUE);
  fixture_free(folder);
}
END_TEST

static void collect(BounceparseSeverity severity, const char *where, const char *text, gpointer data) {
  g_string_append_printf(data, "%s\n", text);
}

START_TEST(check_finds_what_is_wrong) {
  char *folder = fixture_new("[t-a]\nmatch=zorbly one\ncause=mailbox-full\nexample=550 nothing like it\n"
                             "[t-b]\nmatch=snarfl\ncause=mailbox-full\nexample=550 snarfl\ncounter=550 snarfl too\n"
                             "[t-c]\nmatch=blorp x\ncause=mailbox-full\nexample=550 blorp x\n"
                             "[t-d]\nmatch=blorp y|blorp x\ncause=mail-loop\nexample=550 blorp y\n"
                             "[t-e]\nmatch=[a-c]{2}\\d\ncause=mail-loop\nexample=550 5.9.9 ab1\n"
                             "[t-f]\nmatch=flurb (a+)+$\ncause=mail-loop\nexample=550 flurb a\n"
                             "[t-g]\nmatch=gnarf gnarf\ncause=mail-loop\n");
  g_autoptr(BounceparseOptions) options = bounceparse_options_new();
  bounceparse_options_add_patterns(options, folder);
  GString *found = g_string_new(NULL);
  guint failed = 0;
  ck_assert_uint_gt(bounceparse_patterns_check(options, collect, found, &failed), 6);
  ck_assert_uint_ge(failed, 5);
  static const char *const wanted[] = {"[t-a] does not match its example", "[t-b] matches its counter-example",
                                       "only the id decides between [t-c] and [t-d]", "no literal of three bytes",
                                       "a rule needs an example"};
  for (guint i = 0; i < G_N_ELEMENTS(wanted); i++)
    ck_assert_msg(strstr(found->str, wanted[i]), "missing: %s\nin:\n%s", wanted[i], found->str);
  g_string_free(found, TRUE);
  fixture_free(folder);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("rules");
  TCase *tcase = tcase_create("rules");
  tcase_set_timeout(tcase, 120);
  tcase_add_loop_test(tcase, precedence, 0, G_N_ELEMENTS(rows));
  tcase_add_test(tcase, facts_of_a_rule);
  tcase_add_loop_test(tcase, wrong_rules, 0, G_N_ELEMENTS(wrong));
  tcase_add_test(tcase, a_later_layer_replaces_and_disables);
  tcase_add_test(tcase, what_matches_and_why);
  tcase_add_test(tcase, check_finds_what_is_wrong);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
