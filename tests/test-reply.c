/* test-reply.c - one SMTP reply taken apart */
#include "report/reply.h"

#include "harness.h"

static const struct {
  const char *name, *text;
  guint code;
  const char *status, *words;
} rows[] = {
    {"code and status", "550 5.1.1 User unknown", 550, "5.1.1", "User unknown"},
    {"code alone", "550 User unknown", 550, NULL, "User unknown"},
    {"a bare code", "421", 421, NULL, ""},
    {"a bare status", "5.7.1", 0, "5.7.1", ""},
    {"status before code", "5.1.1 550 User unknown", 550, "5.1.1", "User unknown"},
    {"several lines", "550-5.1.1 The account\n550 5.1.1 does not exist", 550, "5.1.1", "The account does not exist"},
    {"lines that a mailer joined", "550-5.1.1 The account550-5.1.1 does not 550 5.1.1 exist", 550, "5.1.1",
     "The account does not exist"},
    {"lines without status", "550-first\r\n550 second", 550, NULL, "first second"},
    {"status of qmail", "Sorry, no mailbox here by that name. (#5.1.1)", 0, "5.1.1",
     "Sorry, no mailbox here by that name. (#5.1.1)"},
    {"status with a sign", "550 #5.1.0 Address rejected", 550, "5.1.0", "Address rejected"},
    {"an IP address is no status", "554 5.7.1.2 is not 5.5.5.5", 554, NULL, "5.7.1.2 is not 5.5.5.5"},
    {"a number is no code", "connect to port 25: 4500 bytes", 0, NULL, "connect to port 25: 4500 bytes"},
    {"a code that is quoted", "host mx.example.com said: 550 5.1.1 unknown", 550, "5.1.1",
     "host mx.example.com said: 550 5.1.1 unknown"},
    {"a code that is quoted in Portuguese", "host mx.example.com disse: 550", 550, NULL,
     "host mx.example.com disse: 550"},
    {"a code in brackets", "The user is not there. (550 No such user)", 550, NULL,
     "The user is not there. (550 No such user)"},
    {"a size in brackets", "The box is full (550 MB)", 0, NULL, "The box is full (550 MB)"},
    {"what a client shows", "SMTP error 550", 550, NULL, "SMTP error 550"},
    {"what a client shows in German", "Ihre Nachricht konnte nicht gesendet werden. Fehler 421", 421, NULL,
     "Ihre Nachricht konnte nicht gesendet werden. Fehler 421"},
    {"the server responded", "The server responded: 550 5.7.1 Denied", 550, "5.7.1",
     "The server responded: 550 5.7.1 Denied"},
    {"a greeting before the refusal", "220-mx.example.com 421 4.2.1 Refused", 421, "4.2.1", "mx.example.com Refused"},
    {"control characters", "550 a\033[31mb\001", 550, NULL, "a[31mb"},
    {"typographic apostrophes", "550 it doesn\u2019t \u2018exist\u2019", 550, NULL, "it doesn't 'exist'"},
    {"letters that are escaped", "550 Empf\\303\\244nger", 550, NULL, "Empf\u00e4nger"},
    {"letters of Latin-1 that are escaped", "550 Empf\\344nger", 550, NULL, "Empf\u00e4nger"},
    {"letters of Shift_JIS that are escaped",
     "550 \\210\\266\\220\\346\\202\\315\\221\\266\\215\\335\\202\\265\\202\\334\\202\\271\\202\\361", 550, NULL,
     "\u5b9b\u5148\u306f\u5b58\u5728\u3057\u307e\u305b\u3093"},
    {"letters of ISO-2022-JP that are escaped", "550 \\033$B%f!<%6!<\\033(B", 550, NULL, "\u30e6\u30fc\u30b6\u30fc"},
    {"letters of KOI8-R that are escaped",
     "550 \\360\\317\\314\\330\\332\\317\\327\\301\\324\\305\\314\\330 \\316\\305 \\316\\301\\312\\304\\305\\316", 550,
     NULL,
     "\u041f\u043e\u043b\u044c\u0437\u043e\u0432\u0430\u0442\u0435\u043b\u044c \u043d\u0435 "
     "\u043d\u0430\u0439\u0434\u0435\u043d"},
    {"which command was refused", "550 5.1.1 No (in reply to RCPT TO command)", 550, "5.1.1", "No"},
    {"nothing but which command was refused", "550 (in reply to end of DATA command)", 550, NULL, ""},
    {"escaped control characters", "550 a\\302\\233b \\233 \\033", 550, NULL, "a\\302\\233b \\233 \\033"},
    {"empty", "", 0, NULL, ""},
};

START_TEST(replies) {
  g_autoptr(BpArena) arena = bp_arena_new();
  BpReply reply;
  bp_reply_parse(arena, rows[_i].text, strlen(rows[_i].text), &reply);
  ck_assert_msg(reply.code == rows[_i].code, "%s: code %u", rows[_i].name, reply.code);
  assert_same(rows[_i].name, bp_status_text(arena, reply.status), rows[_i].status);
  assert_same(rows[_i].name, reply.words, rows[_i].words);
  ck_assert_uint_eq(reply.length, strlen(reply.words));
}
END_TEST

START_TEST(bytes_that_are_not_utf8) {
  g_autoptr(BpArena) arena = bp_arena_new();
  BpReply reply;
  bp_reply_parse(arena, "550 caf\xe9 \xff", 10, &reply);
  ck_assert(g_utf8_validate(reply.text, -1, NULL));
  ck_assert_uint_eq(reply.code, 550);
}
END_TEST

START_TEST(a_long_reply_is_cut) {
  g_autoptr(BpArena) arena = bp_arena_new();
  g_autofree char *text = g_strnfill(100000, 'x');
  BpReply reply;
  bp_reply_parse(arena, text, 100000, &reply);
  ck_assert_uint_eq(strlen(reply.text), BP_REPLY_MAX);
}
END_TEST

START_TEST(no_cut_in_a_character) {
  static const char text[] = "a\xc3\xa4\xf0\x9f\x98\x80";
  static const gsize fits[] = {0, 1, 1, 3, 3, 3, 3, 7, 7};
  for (gsize max = 0; max < G_N_ELEMENTS(fits); max++)
    ck_assert_uint_eq(bp_cut(text, 7, max), fits[max]);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("reply");
  TCase *tcase = tcase_create("reply");
  tcase_add_loop_test(tcase, replies, 0, G_N_ELEMENTS(rows));
  tcase_add_test(tcase, bytes_that_are_not_utf8);
  tcase_add_test(tcase, a_long_reply_is_cut);
  tcase_add_test(tcase, no_cut_in_a_character);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
