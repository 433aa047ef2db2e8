/* test-verdict.c - causes, tempering, advice, facts, block lists, suggestions */
#include "fixture.h"

static const char *get(const BounceparseAnswer *answer, BounceparseRecipientString which) {
  return bounceparse_recipient_get_string(bounceparse_answer_get_recipient(answer, 0), which);
}

static const struct {
  const char *name, *reply, *cause, *permanence, *advice;
} rows[] = {
    {"unknown user, for good", "550 5.1.1 User unknown", "user-unknown", "permanent", "remove"},
    {"unknown user, for now", "450 4.1.1 User unknown", "user-unknown", "temporary", "retry"},
    {"a temporary status alone tempers", "4.1.1", "user-unknown", "temporary", "retry"},
    {"full mailbox is never removed", "552 5.2.2 Mailbox full", "mailbox-full", "temporary", "retry"},
    {"a block is never removed", "550 5.1.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", "ip-blocklisted",
     "permanent", "fix"},
    {"a temporary block is still for fixing", "450 4.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org",
     "ip-blocklisted", "temporary", "fix"},
    {"a block and the name of a list",
     "550 5.7.1 Mail from 192.0.2.1 refused, see https://psbl.org/listing?ip=192.0.2.1", "ip-blocklisted", "permanent",
     "fix"},
    {"a block and the page of the receiving system itself",
     "550 5.7.1 Mail from 192.0.2.1 refused, see https://postmaster.live.com/snds", "ip-blocked", "permanent", "fix"},
    {"a documented code, whatever the words say", "550 5.7.705 Access denied, tenant has exceeded threshold",
     "sender-rejected", "permanent", "fix"},
    {"a report of a message that expired names the last fault",
     "550 5.4.316 Message expired, connection refused(Socket error code 10061)", "delivery-expired", "temporary",
     "retry"},
    {"status decides without words", "550 5.2.2", "mailbox-full", "temporary", "retry"},
    {"code decides alone", "421", "system-error", "temporary", "retry"},
    {"nothing known", "hello world", "unknown", "unknown", "review"},
    {"accepted", "250", NULL, NULL, NULL},
    {"accepted, as status", "2.1.5", NULL, NULL, NULL},
    {"go ahead", "354", NULL, NULL, NULL},
};

START_TEST(causes) {
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_explain(reader, rows[_i].reply, -1);
  assert_same(rows[_i].name, get(answer, BOUNCEPARSE_RECIPIENT_CAUSE), rows[_i].cause);
  assert_same(rows[_i].name, get(answer, BOUNCEPARSE_RECIPIENT_PERMANENCE), rows[_i].permanence);
  assert_same(rows[_i].name, get(answer, BOUNCEPARSE_RECIPIENT_ADVICE), rows[_i].advice);
  ck_assert_msg(rows[_i].cause == NULL || get(answer, BOUNCEPARSE_RECIPIENT_TITLE), "%s: no title", rows[_i].name);
}
END_TEST

START_TEST(codes_and_their_digits) {
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  for (guint code = 0; code < 29; code++) {
    static const char *const codes[] = {"211", "214", "220", "221", "250", "251", "252", "354", "421", "450",
                                        "451", "452", "455", "500", "501", "502", "503", "504", "521", "530",
                                        "535", "541", "550", "551", "552", "553", "554", "555", "556"};
    g_autoptr(BounceparseAnswer) answer = bounceparse_reader_explain(reader, codes[code], -1);
    assert_same("code", get(answer, BOUNCEPARSE_RECIPIENT_CODE), codes[code]);
    for (guint which = BOUNCEPARSE_RECIPIENT_CODE_NAME; which <= BOUNCEPARSE_RECIPIENT_CODE_DIGIT_3; which++)
      ck_assert_msg(get(answer, (BounceparseRecipientString)which), "%s: no text %u", codes[code], which);
    ck_assert_msg(bounceparse_recipient_get_step(bounceparse_answer_get_recipient(answer, 0), 0, NULL), "%s: no step",
                  codes[code]);
    ck_assert_msg(get(answer, BOUNCEPARSE_RECIPIENT_TITLE) && get(answer, BOUNCEPARSE_RECIPIENT_MEANING),
                  "%s: no title or meaning", codes[code]);
  }
}
END_TEST

START_TEST(block_lists_are_named) {
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autoptr(BounceparseAnswer) answer =
      bounceparse_reader_explain(reader,
                                 "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using bl.spamcop.net; "
                                 "Blocked - see https://www.spamcop.net/bl.shtml?192.0.2.7",
                                 -1);
  const BounceparseRecipient *r = bounceparse_answer_get_recipient(answer, 0);
  ck_assert_uint_eq(bounceparse_recipient_get_n_blocklists(r), 1);
  ck_assert_str_eq(bounceparse_recipient_get_blocklist(r, 0, BOUNCEPARSE_BLOCKLIST_ID), "spamcop");
  ck_assert_str_eq(bounceparse_recipient_get_blocklist(r, 0, BOUNCEPARSE_BLOCKLIST_LOOKUP),
                   "https://www.spamcop.net/bl.shtml?192.0.2.7");
  gboolean found = FALSE;
  const char *value;
  for (guint i = 0; !found && bounceparse_recipient_get_fact(r, i, &value); i++)
    found = g_str_equal(bounceparse_recipient_get_fact(r, i, &value), "sending_ip") && g_str_equal(value, "192.0.2.7");
  ck_assert(found);
}
END_TEST

/* What an entry of a list that has shut down asks for is not to have it taken off. */
START_TEST(list_that_has_shut_down) {
  static const char *const zones[] = {"bl.spamcop.net", "dnsbl.sorbs.net", "dnsbl.sorbs.net and bl.spamcop.net"};
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autofree char *reply =
      g_strdup_printf("554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using %s", zones[_i]);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_explain(reader, reply, -1);
  gboolean shut = FALSE, off = FALSE;
  const char *step;
  for (guint n = 0; (step = bounceparse_recipient_get_step(bounceparse_answer_get_recipient(answer, 0), n, NULL));
       n++) {
    shut = shut || strstr(step, "shut down");
    off = off || strstr(step, "ask for removal");
  }
  assert_same(zones[_i], get(answer, BOUNCEPARSE_RECIPIENT_CAUSE), "ip-blocklisted");
  ck_assert_msg(shut == (_i > 0) && off == (_i != 1), "%s: shut down %d, removal %d", zones[_i], shut, off);
}
END_TEST

static const struct {
  const char *name, *reply, *fact, *value;
} facts[] = {
    {"seconds", "450 4.7.1 Greylisted, please try again in 300 seconds", "retry_after", "300"},
    {"minutes are seconds too", "450 4.7.1 Greylisted, please try again in 5 minutes", "retry_after", "300"},
    {"minutes and seconds", "451 4.7.0 Greylisted, please try again in 2 minutes and 30 seconds", "retry_after", "150"},
    {"a clock", "451 4.7.1 Greylisting in action, please come back in 00:02:30", "retry_after", "150"},
    {"a word for one", "421 4.7.0 Too many messages, retry in one hour", "retry_after", "3600"},
    {"a half is no word for one", "421 4.7.0 Too many messages, retry in half an hour", "retry_after", NULL},
    {"a field", "450 4.7.1 Rate limited. Retry-After: 300", "retry_after", "300"},
    {"how long it took is not how long to wait", "421 4.4.2 Timeout while waiting for 300 seconds", "retry_after",
     NULL},
    {"retries that are over", "550 4.4.7 Retry timeout exceeded after 120 hours", "retry_after", NULL},
    {"in German", "451 4.7.1 Bitte versuchen Sie es in 5 Minuten erneut", "retry_after", "300"},
    {"in German, the number first", "450 Bitte in 10 Minuten nochmal versuchen", "retry_after", "600"},
    {"in French", "451 Veuillez réessayer dans 5 minutes", "retry_after", "300"},
    {"in Spanish", "450 Intente nuevamente dentro de 300 segundos", "retry_after", "300"},
    {"in Polish", "451 Spróbuj ponownie za 5 minut", "retry_after", "300"},
    {"in Russian", "451 Повторите попытку через 5 минут", "retry_after", "300"},
    {"in Turkish", "451 Lütfen 5 dakika sonra tekrar deneyin", "retry_after", "300"},
    {"in Japanese", "451 5分後に再試行してください", "retry_after", "300"},
    {"in Chinese", "451 请 300 秒后再试", "retry_after", "300"},
    {"in Korean", "451 5분 후에 다시 시도하십시오", "retry_after", "300"},
    {"a page", "550 5.7.1 Rejected, see https://example.com/help?x=1.", "url", "https://example.com/help?x=1"},
};

START_TEST(facts_of_any_reply) {
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_explain(reader, facts[_i].reply, -1);
  const char *value = NULL, *name = NULL;
  for (guint i = 0; (name = bounceparse_recipient_get_fact(bounceparse_answer_get_recipient(answer, 0), i, &value)) &&
                    !g_str_equal(name, facts[_i].fact);)
    i++;
  assert_same(facts[_i].name, name, facts[_i].value ? facts[_i].fact : NULL);
  assert_same(facts[_i].name, value, facts[_i].value);
}
END_TEST

START_TEST(german_texts) {
  g_autoptr(BounceparseReader) english = fixture_reader(NULL, NULL), german = fixture_reader(NULL, "de_AT.UTF-8"),
                               other = fixture_reader(NULL, "xx");
  g_autoptr(BounceparseAnswer) en = bounceparse_reader_explain(english, "550 5.1.1 User unknown", -1),
                               de = bounceparse_reader_explain(german, "550 5.1.1 User unknown", -1),
                               xx = bounceparse_reader_explain(other, "550 5.1.1 User unknown", -1);
  ck_assert_str_eq(bounceparse_answer_get_string(de, BOUNCEPARSE_ANSWER_LANGUAGE), "de");
  ck_assert_str_ne(get(en, BOUNCEPARSE_RECIPIENT_MEANING), get(de, BOUNCEPARSE_RECIPIENT_MEANING));
  ck_assert_str_eq(get(en, BOUNCEPARSE_RECIPIENT_MEANING), get(xx, BOUNCEPARSE_RECIPIENT_MEANING));
}
END_TEST

/* Through a whole report, since a suggestion needs an address. */
static const struct {
  const char *address, *suggestion;
} near[] = {{"alice@gmial.com", "alice@gmail.com"},
            {"alice@hotmial.com", "alice@hotmail.com"},
            {"alice@yaho.co.uk", "alice@yahoo.co.uk"},
            {"alice@web.ed", "alice@web.de"},
            {"alice@gmxx.de", "alice@gmx.de"},
            {"alice@aol.con", "alice@aol.com"},
            {"alice@gmx.ne", "alice@gmx.net"},
            {"alice@hotmail.fe", "alice@hotmail.de"},
            {"alice@live.fi", NULL},
            {"alice@vodafone.ie", NULL},
            {"alice@tmail.com", NULL},
            {"alice@wet.de", NULL},
            {"alice@line.com", NULL},
            {"alice@email.com", NULL},
            {"alice@gmx.li", NULL},
            {"alice@example.com", NULL},
            {"alice@gmail.com", NULL}};

START_TEST(near_misses_of_domains) {
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autofree char *mail = g_strdup_printf("Content-Type: multipart/report; report-type=delivery-status; "
                                          "boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/delivery-status\n\n"
                                          "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; %s\nAction: "
                                          "failed\nStatus: 5.1.2\nDiagnostic-Code: x-test; Host not found\n\n--b--\n",
                                          near[_i].address);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(reader, mail, strlen(mail), NULL);
  ck_assert_uint_eq(bounceparse_answer_get_n_recipients(answer), 1);
  assert_same(near[_i].address, get(answer, BOUNCEPARSE_RECIPIENT_SUGGESTION), near[_i].suggestion);
}
END_TEST

/* What a status field adds to a reply that states none: nothing where the code is taken for just that status. */
static const struct {
  const char *status, *reply, *cause;
} translated[] = {{"5.1.1", "550 Rejected", "policy-rejected"},
                  {"5.1.1", "550 gone fishing", "unknown"},
                  {"5.1.3", "553 gone fishing", "unknown"},
                  {"5.1.1", "550 User unknown", "user-unknown"},
                  {"5.1.1", "550", "user-unknown"},
                  {"5.1.1", "554 Undeliverable", "user-unknown"},
                  {"5.1.1", "550 5.1.1 Rejected", "user-unknown"},
                  {"5.2.2", "550 gone fishing", "mailbox-full"}};

START_TEST(statuses_that_are_translations) {
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autofree char *mail =
      g_strdup_printf("Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nx\n--b\n"
                      "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
                      "Final-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: %s\n"
                      "Diagnostic-Code: smtp; %s\n\n--b--\n",
                      translated[_i].status, translated[_i].reply);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(reader, mail, strlen(mail), NULL);
  assert_same(translated[_i].reply, get(answer, BOUNCEPARSE_RECIPIENT_CAUSE), translated[_i].cause);
}
END_TEST

START_TEST(causes_by_themselves) {
  g_autoptr(BounceparseReader) english = fixture_reader(NULL, NULL), german = fixture_reader(NULL, "de");
  g_autoptr(BounceparseAnswer) en = bounceparse_reader_explain_cause(english, "mailbox-full"),
                               de = bounceparse_reader_explain_cause(german, "mailbox-full");
  ck_assert_ptr_nonnull(en);
  assert_same("category", get(en, BOUNCEPARSE_RECIPIENT_CATEGORY), (const char *){"recipient"});
  ck_assert_ptr_nonnull(bounceparse_recipient_get_step(bounceparse_answer_get_recipient(en, 0), 0, NULL));
  ck_assert_str_ne(get(en, BOUNCEPARSE_RECIPIENT_TITLE), get(de, BOUNCEPARSE_RECIPIENT_TITLE));
  ck_assert_ptr_null(bounceparse_reader_explain_cause(english, "no-such-cause"));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("verdict");
  TCase *tcase = tcase_create("verdict");
  tcase_add_loop_test(tcase, causes, 0, G_N_ELEMENTS(rows));
  tcase_add_test(tcase, codes_and_their_digits);
  tcase_add_test(tcase, block_lists_are_named);
  tcase_add_loop_test(tcase, list_that_has_shut_down, 0, 3);
  tcase_add_loop_test(tcase, facts_of_any_reply, 0, G_N_ELEMENTS(facts));
  tcase_add_test(tcase, german_texts);
  tcase_add_loop_test(tcase, near_misses_of_domains, 0, G_N_ELEMENTS(near));
  tcase_add_loop_test(tcase, statuses_that_are_translations, 0, G_N_ELEMENTS(translated));
  tcase_add_test(tcase, causes_by_themselves);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
