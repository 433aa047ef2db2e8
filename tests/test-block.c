/* test-block.c - the fields that the filter puts on top, and the renaming of forged ones */
#include "fixture.h"
#include "output/block.h"

static const struct {
  const char *name, *in, *out;
} renamed[] = {
    {"a forged field", "X-Bounce-Kind: failure\n\nb", "X-Old-Bounce-Kind: failure\n\n"},
    {"any case, any number", "x-bounce-recipient-17: a\nX-BOUNCE-VENDOR: b\n\n",
     "x-Old-bounce-recipient-17: a\nX-Old-BOUNCE-VENDOR: b\n\n"},
    {"blanks before the colon", "X-Bounce-Advice\t : remove\n\n", "X-Old-Bounce-Advice\t : remove\n\n"},
    {"other fields stay", "X-Bounce: a\nX-Bounce-Kinds: b\nX-Bounce-Other: c\nX-Bounce-Kind-x: d\n\n",
     "X-Bounce: a\nX-Bounce-Kinds: b\nX-Bounce-Other: c\nX-Bounce-Kind-x: d\n\n"},
    {"CRLF", "A: b\r\nX-Bounce-Cause: c\r\n\r\nX-Bounce-Cause: body\r\n", "A: b\r\nX-Old-Bounce-Cause: c\r\n\r\n"},
    {"CR only", "A: b\rX-Bounce-Cause: c\r\rX-Bounce-Cause: d\r", "A: b\rX-Old-Bounce-Cause: c\r\r"},
    {"a CR in a line ends nothing", "A: b\r\rc\nX-Bounce-Kind: d\n\nX-Bounce-Kind: e",
     "A: b\r\rc\nX-Old-Bounce-Kind: d\n\n"},
    {"CR CR LF is no empty line", "A: b\r\r\nX-Bounce-Kind: c\r\n\r\nd", "A: b\r\r\nX-Old-Bounce-Kind: c\r\n\r\n"},
    {"behind a CR in a line", "A: b\rX-Bounce-Kind: c\n\n", "A: b\rX-Old-Bounce-Kind: c\n\n"},
    {"a folded line is part of its field", "A: b\n X-Bounce-Kind: c\n\n", "A: b\n X-Bounce-Kind: c\n\n"},
    {"no body, no line end", "X-Bounce-Status: 5", "X-Old-Bounce-Status: 5"},
    {"nothing", "", ""},
};

START_TEST(forged_fields) {
  GString *out = g_string_new(NULL);
  gsize done = bp_rename_forged(renamed[_i].in, strlen(renamed[_i].in), out);
  assert_same(renamed[_i].name, out->str, renamed[_i].out);
  ck_assert_uint_le(done, strlen(renamed[_i].in));
  g_string_free(out, TRUE);
}
END_TEST

static const struct {
  const char *name, *block;
  gboolean valid;
} blocks[] = {
    {"one field", "X-Bounce-Kind: other\n", TRUE},
    {"a folded one", "X-Bounce-Kind: failure\nX-Bounce-Recipient:\n =?UTF-8?B?eA==?=\n", TRUE},
    {"a numbered one", "X-Bounce-Kind: failure\nX-Bounce-Cause-2: x\n", TRUE},
    {"an empty line would end the header", "X-Bounce-Kind: failure\n\nbody\n", FALSE},
    {"another field", "X-Bounce-Kind: failure\nSubject: x\n", FALSE},
    {"a folded line first", " X-Bounce-Kind: failure\n", FALSE},
    {"a line of blanks", "X-Bounce-Kind: a\n  \n", FALSE},
    {"8-bit bytes", "X-Bounce-Kind: \xc3\xa4\n", FALSE},
    {"a carriage return", "X-Bounce-Kind: a\r\n", FALSE},
    {"no line end", "X-Bounce-Kind: a", FALSE},
    {"nothing", "", FALSE},
};

START_TEST(valid_blocks) {
  ck_assert_msg(bp_block_valid(blocks[_i].block, strlen(blocks[_i].block)) == blocks[_i].valid, "%s", blocks[_i].name);
}
END_TEST

START_TEST(first_lines) {
  ck_assert_uint_eq(bp_from_line("From a@b Mon\nX: y", 17), 13);
  ck_assert_uint_eq(bp_from_line("From a@b Mon\r\nX", 15), 14);
  ck_assert_uint_eq(bp_from_line("From: a", 7), 0);
  ck_assert_uint_eq(bp_from_line("From without end", 16), 0);
  ck_assert_str_eq(bp_line_ending("a\r\nb\n", 5), "\r\n");
  ck_assert_str_eq(bp_line_ending("a\rb\n", 4), "\n");
  ck_assert_str_eq(bp_line_ending("a\rb\r", 4), "\r");
  ck_assert_uint_eq(bp_from_line("From a\rb\nX: y", 13), 9);
  ck_assert_uint_eq(bp_from_line("From a\rX: y", 11), 7);
  ck_assert_str_eq(bp_line_ending("a\nb\r\n", 5), "\n");
  ck_assert_str_eq(bp_line_ending("", 0), "\n");
}
END_TEST

/* Addresses that would break a header: what is written must be valid, and one field each. */
static const char *const hostile[] = {
    "j\\x{FC}rgen@example.com", "a\\x{A}b@example.com", "=?utf-8?q?x?=@example.com",
    "averyveryveryverylongaddressaveryveryveryverylongaddressaveryveryveryverylongaddress@example.com"};

START_TEST(hostile_values) {
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autofree char *mail =
      g_strdup_printf("Content-Type: multipart/report; report-type=delivery-status; "
                      "boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/delivery-status\n\n"
                      "Reporting-MTA: dns; x\n\nFinal-Recipient: utf-8; %s\nAction: failed\nStatus: 5.1.1\n\n--b--\n",
                      hostile[_i]);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(reader, mail, strlen(mail), NULL);
  GString *out = g_string_new(NULL);
  bp_block_append(answer, out);
  ck_assert_msg(bp_block_valid(out->str, out->len), "%s", out->str);
  g_auto(GStrv) lines = g_strsplit(out->str, "\n", -1);
  for (char **line = lines; *line; line++)
    ck_assert_msg(strlen(*line) <= 78, "long: %s", *line);
  g_string_free(out, TRUE);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("block");
  TCase *tcase = tcase_create("block");
  tcase_add_loop_test(tcase, forged_fields, 0, G_N_ELEMENTS(renamed));
  tcase_add_loop_test(tcase, valid_blocks, 0, G_N_ELEMENTS(blocks));
  tcase_add_test(tcase, first_lines);
  tcase_add_loop_test(tcase, hostile_values, 0, G_N_ELEMENTS(hostile));
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
