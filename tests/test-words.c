/* test-words.c - what words speak for: features, weights, and when they decide */
#include "fixture.h"

#include "pattern/words.h"

#include <string.h>

static BpWords read_reply(const char *words, guint code) {
  BpWords w;
  bp_words_read(words, strlen(words), code, 5, 1, 1, &w);
  return w;
}

static gboolean same(const BpWords *a, const BpWords *b) {
  return a->n == b->n && memcmp(a->ids, b->ids, a->n * sizeof *a->ids) == 0;
}

static const struct {
  const char *name, *one, *other;
  gboolean same;
} pairs[] = {
    {"case", "User Unknown here", "user unknown HERE", TRUE},
    {"case beyond ASCII", "EMPFÄNGER Неизвестен", "empfänger неизвестен", TRUE},
    {"marks and numbers", "user: unknown (17) here!", "user unknown here", TRUE},
    {"addresses", "user <bob@example.com> unknown", "user unknown", TRUE},
    {"names reserved for documentation", "user mx.example.org unknown", "user unknown", TRUE},
    {"a word that stands twice, with the same beside it", "no user no user no user", "no user no", TRUE},
    {"the end of a long word", "recipients unknown", "recipient unknown", FALSE},
    {"another word", "user unknown", "user disabled", FALSE},
    {"two letters of a script without blanks", "用户不存在", "用户存在不", FALSE},
    {"a single letter", "user a unknown", "user unknown", TRUE},
};

START_TEST(features) {
  BpWords one = read_reply(pairs[_i].one, 550), other = read_reply(pairs[_i].other, 550);
  ck_assert_msg(same(&one, &other) == pairs[_i].same, "%s", pairs[_i].name);
  BpWords of_code = read_reply(pairs[_i].one, 450);
  ck_assert_msg(!same(&one, &of_code), "%s: the code", pairs[_i].name);
}
END_TEST

START_TEST(features_have_a_limit) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < 2000; i++)
    g_string_append_printf(text, "%c%c%c%c ", 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676, 'z');
  BpWords w = read_reply(text->str, 550);
  BpWeights weights;
  ck_assert_uint_eq(w.n, BP_WORDS_MAX);
  bp_words_weigh(&bp_shipped_tables, &w, &weights);
  ck_assert_uint_le(weights.n, BP_WORDS_MAX);
}
END_TEST

/* Each feature of the shipped set is found, and no other. */
START_TEST(rows) {
  const BpTables *t = &bp_shipped_tables;
  guint32 length = bp_word_row_length(t->n_word_causes);
  ck_assert_uint_gt(t->n_word_ids, 10000);
  ck_assert_uint_eq(t->n_word_weights, t->n_word_ids * length);
  for (guint32 i = 0; i < t->n_word_ids; i++)
    ck_assert_ptr_eq(bp_word_row(t, t->word_ids[i]), t->word_weights + (gsize)i * length);
  for (guint32 i = 1; i < t->n_word_ids; i++)
    if (t->word_ids[i] - t->word_ids[i - 1] > 1)
      ck_assert_ptr_null(bp_word_row(t, t->word_ids[i] - 1));
}
END_TEST

/* Four weights are added at once: the sums are those of the weights. */
START_TEST(sums) {
  const BpTables *t = &bp_shipped_tables;
  BpWords w = read_reply("Recipient address rejected: this user does not want mail from you, ask our postmaster", 550);
  BpWeights weights;
  guint32 known = 0;
  bp_words_weigh(t, &w, &weights);
  for (guint i = 0; i < w.n; i++)
    known += bp_word_row(t, w.ids[i]) != NULL;
  ck_assert_uint_eq(weights.n, known);
  for (guint32 c = 0; c < t->n_word_causes; c++) {
    gint32 sum = 0;
    for (guint i = 0; i < w.n; i++) {
      const guint32 *row = bp_word_row(t, w.ids[i]);
      sum += row ? (gint32)(row[c / 4] >> c % 4 * 8 & 255) - BP_WORD_WEIGHT_BIAS : 0;
    }
    ck_assert_int_eq(weights.of[c], sum);
  }
}
END_TEST

static const char *get(const BounceparseAnswer *answer, BounceparseRecipientString which) {
  return bounceparse_recipient_get_string(bounceparse_answer_get_recipient(answer, 0), which);
}

/* Sentences that no rule knows. */
static const struct {
  const char *reply, *cause, *advice;
} decided[] = {
    {"550 mail for prisoners is only accepted via the messaging portal", "recipient-refused", "review"},
    {"450 4.2.0 please resend in 300 secs, first timers have to wait", "greylisted", "retry"},
    {"501 No DSN parameters here: NOTIFY not implemented", "protocol-error", "fix"},
    /* No address is removed for words that no rule knows. */
    {"550 unknown student/staff id - check spelling or ask helpdesk ext. 4357", "user-unknown", "review"},
};

START_TEST(words_decide) {
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_explain(reader, decided[_i].reply, -1);
  assert_same(decided[_i].reply, get(answer, BOUNCEPARSE_RECIPIENT_RULE), NULL);
  assert_same(decided[_i].reply, get(answer, BOUNCEPARSE_RECIPIENT_CAUSE), decided[_i].cause);
  assert_same(decided[_i].reply, get(answer, BOUNCEPARSE_RECIPIENT_ADVICE), decided[_i].advice);
}
END_TEST

/* What somebody wrote into a layer decides, whatever the words say; where it is silent, they are heard as ever. */
START_TEST(a_layer_goes_before_words) {
  static const char *const causes[] = {"mail-loop", "tls-failed", "protocol-error"};
  char *folder = fixture_new("[t]\nmatch=mail for prisoners\ncause=mail-loop\nexample=mail for prisoners\n"
                             "[t-weak]\nmatch=first timers\nweak=true\ncause=tls-failed\nexample=first timers\n");
  g_autoptr(BounceparseReader) reader = fixture_reader(folder, NULL);
  for (guint i = 0; i < G_N_ELEMENTS(causes); i++) {
    g_autoptr(BounceparseAnswer) answer = bounceparse_reader_explain(reader, decided[i].reply, -1);
    assert_same(decided[i].reply, get(answer, BOUNCEPARSE_RECIPIENT_CAUSE), causes[i]);
  }
  fixture_free(folder);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("words");
  TCase *tcase = tcase_create("words");
  tcase_set_timeout(tcase, 60);
  tcase_add_loop_test(tcase, features, 0, G_N_ELEMENTS(pairs));
  tcase_add_test(tcase, features_have_a_limit);
  tcase_add_test(tcase, rows);
  tcase_add_test(tcase, sums);
  tcase_add_loop_test(tcase, words_decide, 0, G_N_ELEMENTS(decided));
  tcase_add_test(tcase, a_layer_goes_before_words);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
