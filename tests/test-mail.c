/* test-mail.c - a message's bytes as parts, fields and text: broken MIME, line ends, charsets, limits */
#include "bounceparse/bounceparse.h"
#include "mail/html.h"
#include "mail/mail.h"

#include "harness.h"

/* ---- helpers ------------------------------------------------------------------------------------------------ */

/* A message that lives as long as its test. */
typedef struct {
  BpArena *arena;
  BpMail *mail;
} Reading;

static void reading_clear(Reading *r) {
  bp_mail_free(r->mail);
  bp_arena_free(r->arena);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

static Reading read_bytes(const char *bytes, gsize length, const BpLimits *limits) {
  Reading r = {bp_arena_new(), NULL};
  g_autoptr(GError) error = NULL;
  r.mail = bp_mail_read(r.arena, bytes, length, limits ? limits : &bp_limits_default, &error);
  ck_assert_msg(r.mail, "%s", error ? error->message : "no error");
  return r;
}

static Reading read_text(const char *text) {
  return read_bytes(text, strlen(text), NULL);
}

/* The parts in one line: kind, type, depth and the enclosing message: "T text/plain 0, M message/rfc822 0, T text/plain
 * 1<1". */
static char *outline(const BpMail *mail) {
  static const char kinds[] = "THSFDMRO";
  GString *out = g_string_new(NULL);
  guint n;
  const BpPart *parts = bp_mail_parts(mail, &n);
  for (guint i = 0; i < n; i++) {
    g_string_append_printf(out, "%s%c %s %u", i ? ", " : "", kinds[parts[i].kind], parts[i].type, parts[i].depth);
    if (parts[i].message >= 0)
      g_string_append_printf(out, "<%d", parts[i].message);
  }
  return g_string_free(out, FALSE);
}

/* Groups of fields in one line: "A=1|B=2||C=3". */
static char *joined(const BpFields *groups, guint n) {
  GString *out = g_string_new(NULL);
  for (guint g = 0; g < n; g++)
    for (guint f = 0; f < groups[g].n_fields; f++)
      g_string_append_printf(out, "%s%s=%s",
                             f   ? "|"
                             : g ? "||"
                                 : "",
                             groups[g].fields[f].name, groups[g].fields[f].value);
  return g_string_free(out, FALSE);
}

/* ---- structure ---------------------------------------------------------------------------------------------- */

#define HEAD "From: a@example.com\nTo: b@example.net\n"
#define REPORT HEAD "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n"
#define TEXT_PART "--b\nContent-Type: text/plain\n\nfailed\n"
#define STATUS_PART "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nAction: failed\n"
#define ORIGINAL_PART "--b\nContent-Type: message/rfc822\n\nSubject: original\nFrom: c@example.com\n\nhello\n"

static const struct {
  const char *name, *message, *outline;
  guint truncated;
} structures[] = {
    {"a message without MIME", HEAD "\nhello\n", "T text/plain 0", 0},
    {"a report in three parts", REPORT TEXT_PART STATUS_PART ORIGINAL_PART "--b--\n",
     "T text/plain 0, S message/delivery-status 0, M message/rfc822 0, T text/plain 1<2", 0},
    {"returned headers", REPORT TEXT_PART "--b\nContent-Type: text/rfc822-headers\n\nSubject: x\n--b--\n",
     "T text/plain 0, R text/rfc822-headers 0", 0},
    {"types in any case",
     HEAD "CONTENT-TYPE: Multipart/MIXED; BOUNDARY=b\n\n--b\ncontent-type: TEXT/Html\n\nx\n--b--\n", "H text/html 0",
     0},
    {"a global report",
     REPORT "--b\nContent-Type: message/global-delivery-status\n\nAction: failed\n--b\nContent-Type: "
            "message/global\n\nSubject: "
            "x\n\ny\n--b\nContent-Type: message/global-headers\n\nSubject: x\n--b--\n",
     "S message/global-delivery-status 0, M message/global 0, T text/plain 1<1, R message/global-headers 0", 0},
    {"feedback and disposition",
     REPORT "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b\nContent-Type: "
            "message/disposition-notification\n\nDisposition: x\n--b--\n",
     "F message/feedback-report 0, D message/disposition-notification 0", 0},
    {"attachments are not decoded", REPORT "--b\nContent-Type: image/png\n\nx\n--b--\n", "O image/png 0", 0},
    {"mistyped types are text", REPORT "--b\nContent-Type: test/plain\n\nx\n--b--\n", "T test/plain 0", 0},
    {"a bounce that was forwarded",
     HEAD "Content-Type: multipart/mixed; boundary=o\n\n--o\n\nsee below\n--o\nContent-Type: message/rfc822\n\n" REPORT
         TEXT_PART STATUS_PART ORIGINAL_PART "--b--\n--o--\n",
     "T text/plain 0, M message/rfc822 0, T text/plain 1<1, S message/delivery-status 1<1, M message/rfc822 1<1, T "
     "text/plain 2<4",
     0},
    {"nested multiparts",
     REPORT "--b\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\nx\n--i\nContent-Type: "
            "text/html\n\nx\n--i--\n" STATUS_PART "--b--\n",
     "T text/plain 0, H text/html 0, S message/delivery-status 0", 0},
    {"an inner multipart that is never closed",
     REPORT "--b\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\nx\n" STATUS_PART "--b--\n",
     "T text/plain 0, S message/delivery-status 0", 0},
    {"parts of a digest are messages",
     HEAD "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\ny\n--b--\n",
     "M message/rfc822 0, T text/plain 1<0", 0},
    {"a header that a boundary ends", REPORT "--b\nContent-Type: message/rfc822\n\nSubject: x\n--b--\n",
     "M message/rfc822 0, T text/plain 1<0", 0},
    {"a message with nothing in it", REPORT "--b\nContent-Type: message/rfc822\n\n--b--\n",
     "M message/rfc822 0, T text/plain 1<0", 0},
    {"no boundary is named, but there is one",
     HEAD "Content-Type: multipart/report; report-type=delivery-status\n\n" TEXT_PART STATUS_PART "--b--\n",
     "T text/plain 0, S message/delivery-status 0", 0},
    {"no type, but a boundary to begin with",
     HEAD "\nThis is a MIME-encapsulated message\n\n" TEXT_PART STATUS_PART "--b--\n",
     "T text/plain 0, S message/delivery-status 0", 0},
    {"called text, but it begins with a boundary", HEAD "Content-Type: text/plain\n\n" TEXT_PART STATUS_PART "--b--\n",
     "T text/plain 0, S message/delivery-status 0", 0},
    {"no type, and a boundary of what is quoted", HEAD "\nIt failed.\n\n" TEXT_PART STATUS_PART "--b--\n",
     "T text/plain 0", 0},
    {"a boundary that was folded without a blank",
     HEAD "Content-Type: multipart/report;\nboundary=\"b\"\nDate: x\n\n" TEXT_PART STATUS_PART "--b--\n",
     "T text/plain 0, S message/delivery-status 0", 0},
    {"a boundary that never comes is one text", HEAD "Content-Type: multipart/report; boundary=zzz\n\n--b\nhello\n",
     "T multipart/report 0", 0},
    {"no boundary at all", HEAD "Content-Type: multipart/report\n\nhello\n", "T multipart/report 0", 0},
    {"a type that is none", HEAD "Content-Type: ;;\n\nhello\n", "T text/plain 0", 0},
    {"no empty line behind the header", HEAD "This is the mail system.\nIt failed.\n", "T text/plain 0", 0},
    {"no empty line behind a part's header", REPORT "--b\nIt failed.\n" STATUS_PART "--b--\n",
     "T text/plain 0, S message/delivery-status 0", 0},
    {"the returned message in the place of a part",
     REPORT TEXT_PART "--b\nReceived: by x\nFrom: c@example.com\nDate: y\nContent-Type: text/html\n\n<p>x\n--b--\n",
     "T text/plain 0, M message/rfc822 0, H text/html 1<1", 0},
    {"an empty line before the returned header",
     REPORT "--b\nContent-Type: message/rfc822\n\n\nReceived: by x\nSubject: y\n\nz\n--b--\n",
     "M message/rfc822 0, T text/plain 1<0", 0},
    {"two types: the last counts", HEAD "Content-Type: text/html\nContent-Type: text/plain\n\nx\n", "T text/plain 0",
     0},
    {"the first fragment of a message",
     REPORT "--b\nContent-Type: message/partial; number=1\n\nSubject: y\n\nz\n--b--\n",
     "M message/partial 0, T text/plain 1<0", 0},
    {"a boundary behind the report that lost its name",
     REPORT STATUS_PART "--mail.example\nContent-Type: message/rfc822\n\nSubject: y\n\nz\n--b--\n",
     "S message/delivery-status 0, M message/rfc822 0, T text/plain 1<1", 0},
    {"a boundary that is quoted in a text",
     REPORT "--b\n\nx\n--mail.example\nContent-Type: message/rfc822\n\nSubject: y\n--b--\n", "T text/plain 0", 0},
    {"an encoded message has headers only",
     REPORT "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAoKeQo=\n--b--\n",
     "M message/rfc822 0", 0},
    {"blanks behind a boundary", REPORT "--b \t\n\nx\n--b-- \n", "T text/plain 0", 0},
    {"what only begins like a boundary", REPORT "--b\n\nx\n--bb\ny\n--b--\n", "T text/plain 0", 0},
    {"CR LF", "From: a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n", "T text/plain 0",
     0},
    {"CR", "From: a\rContent-Type: multipart/mixed; boundary=b\r\r--b\r\rx\r--b\r\ry\r--b--\r",
     "T text/plain 0, T text/plain 0", 0},
    {"CR CR LF", "From: a\r\r\nContent-Type: multipart/mixed; boundary=b\r\r\n\r\r\n--b\r\r\n\r\r\nx\r\r\n--b--\r\r\n",
     "T text/plain 0", 0},
    {"an mbox line in LF before a header in CR", "From x\nFrom: a\rContent-Type: text/html\r\rx\r", "H text/html 0", 0},
    {"cut in the body", REPORT TEXT_PART STATUS_PART, "T text/plain 0, S message/delivery-status 0",
     BP_TRUNCATED_INPUT},
    {"cut in a part's header", REPORT TEXT_PART "--b\nContent-Type: text/ht", "T text/plain 0, T text/ht 0",
     BP_TRUNCATED_INPUT},
    {"cut in the header", HEAD, "T text/plain 0", BP_TRUNCATED_INPUT},
    {"a closing boundary of another name is no cut", REPORT TEXT_PART "--c--\n", "T text/plain 0", 0},
};

START_TEST(structure) {
  g_auto(Reading) r = read_text(structures[_i].message);
  g_autofree char *got = outline(r.mail);
  assert_same(structures[_i].name, got, structures[_i].outline);
  ck_assert_msg(bp_mail_truncated(r.mail) == structures[_i].truncated, "%s: truncated is %#x", structures[_i].name,
                bp_mail_truncated(r.mail));
}
END_TEST

START_TEST(what_is_known_of_a_message) {
  g_auto(Reading) r = read_text(REPORT TEXT_PART "--b--\n");
  ck_assert_str_eq(bp_mail_type(r.mail), "multipart/report");
  ck_assert_str_eq(bp_mail_report_type(r.mail), "delivery-status");
  ck_assert_ptr_null(bp_mail_from_line(r.mail));
}
END_TEST

START_TEST(fields_of_a_message_in_their_order) {
  g_auto(Reading) r =
      read_text("Received: a\nreceived : b\nContent-Type: text/plain\n\tcharset=us-ascii\nRECEIVED: c\n\nx\n");
  const BpFields *headers = bp_mail_headers(r.mail);
  g_autofree char *all = joined(headers, 1);
  guint at = 0;
  ck_assert_str_eq(all, "Received=a|received=b|Content-Type=text/plain charset=us-ascii|RECEIVED=c");
  ck_assert_str_eq(bp_fields_get(headers, "received"), "a");
  ck_assert_str_eq(bp_fields_next(headers, "received", &at), "a");
  ck_assert_str_eq(bp_fields_next(headers, "received", &at), "b");
  ck_assert_str_eq(bp_fields_next(headers, "received", &at), "c");
  ck_assert_ptr_null(bp_fields_next(headers, "received", &at));
  ck_assert_ptr_null(bp_fields_get(headers, "Subject"));
}
END_TEST

/* ---- the beginning ------------------------------------------------------------------------------------------ */

static const struct {
  const char *name, *message, *from_line, *first_field;
} beginnings[] = {
    {"a header", "Subject: x\n\ny", NULL, "Subject"},
    {"an mbox line", "From a@example.com Mon Nov 23 10:00:00 2026\nSubject: x\n\ny",
     "a@example.com Mon Nov 23 10:00:00 2026", "Subject"},
    {"a quoted mbox line", ">From a@example.com\r\nSubject: x\r\n\r\ny", "a@example.com", "Subject"},
    {"empty lines", "\n\r\n\nSubject: x\n\ny", NULL, "Subject"},
    {"a byte order mark", "\xEF\xBB\xBFSubject: x\n\ny", NULL, "Subject"},
    {"a line that is no field", "garbage\nSubject: x\n\ny", NULL, "Subject"},
    {"text only, with something like a field in it", "It failed.\nBecause of this.\nAnd of that.\n\nReason: x\n", NULL,
     NULL},
};

START_TEST(beginning) {
  g_auto(Reading) r = read_text(beginnings[_i].message);
  const BpFields *headers = bp_mail_headers(r.mail);
  assert_same(beginnings[_i].name, bp_mail_from_line(r.mail), beginnings[_i].from_line);
  assert_same(beginnings[_i].name, headers->n_fields ? headers->fields[0].name : NULL, beginnings[_i].first_field);
}
END_TEST

static const struct {
  const char *name, *bytes;
  gsize length;
} no_mails[] = {
    {"empty", "", 0},
    {"line ends only", "\n\n\r\n", 4},
    {"plain text", "hello\nworld\n", 12},
    {"binary",
     "\x7f"
     "ELF\2\1\1\0\0\0\nab:\1\2\n",
     17},
    {"a mbox line alone", "From a@example.com\n", 19},
};

START_TEST(no_mail) {
  g_autoptr(BpArena) arena = bp_arena_new();
  g_autoptr(GError) error = NULL;
  BpMail *mail = bp_mail_read(arena, no_mails[_i].bytes, no_mails[_i].length, &bp_limits_default, &error);
  ck_assert_msg(!mail, "%s", no_mails[_i].name);
  ck_assert(g_error_matches(error, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_NOT_MAIL));
}
END_TEST

/* ---- header values ------------------------------------------------------------------------------------------ */

static const struct {
  const char *name, *field, *value;
} values[] = {
    {"plain", "Subject: Delivery failure", "Delivery failure"},
    {"nothing", "Subject:", ""},
    {"blanks around", "Subject: \t x \t ", "x"},
    {"folded", "Subject: one\n  two\r\n\tthree", "one two three"},
    {"folded without a blank, in a header that goes on", "Subject: one\ntwo", "one two"},
    {"folded often without a blank", "Subject: one\ntwo\nthree\nfour\nfive\nsix", "one two three four five six"},
    {"a value on the next line, without a blank, at the end", "X-A: b\nSubject:\none=", "one="},
    {"folded lines that are empty", "Subject: one\n \n two", "one two"},
    {"a question mark", "Subject: what?", "what?"},
    {"an equals sign and a question mark", "Subject: a=?b", "a=?b"},
    {"an encoded word", "Subject: =?utf-8?B?w4Q=?=", "Ä"},
    {"encoded words are joined", "Subject: =?utf-8?Q?a?= =?utf-8?Q?b?=\n =?utf-8?Q?c?=", "abc"},
    {"a character split between words", "Subject: =?utf-8?Q?=C3?= =?utf-8?Q?=84?=", "Ä"},
    {"words whose base64 is filled up", "Subject: =?utf-8?B?YQ==?=\n =?UTF-8?b?YmM=?= =?utf-8?B?ZA==?= e", "abcd e"},
    {"a character split between such words", "Subject: =?utf-8?B?YWLD?= =?utf-8?B?hA==?= =?utf-8?B?eA==?=", "abÄx"},
    {"such words of two charsets", "Subject: =?utf-8?B?YQ==?= =?iso-8859-1?B?xA==?= =?utf-8?Q?b?=", "aÄb"},
    {"what only looks like such a word", "Subject: =?x? =?utf-8?B?YQ==?= =?utf-8?B?YQ", "=?x? a =?utf-8?B?YQ"},
    {"padded words apart", "Subject: =?utf-8?B?YQ==?= b =?utf-8?B?Yw==?= =?utf-8?Q?d?=", "a b cd"},
    {"an encoded word in quotes", "Subject: \"=?iso-8859-1?Q?=C4?=\" x", "\"Ä\" x"},
    {"an encoded word without blanks around", "Subject: x=?iso-8859-1?Q?=C4?=y", "xÄy"},
    {"raw UTF-8", "Subject: Unzustellbar: \xC3\x84", "Unzustellbar: Ä"},
    {"raw Latin-1", "Subject: Unzustellbar: \xC4\xD6", "Unzustellbar: ÄÖ"},
    {"raw ISO-2022-JP", "Subject: \x1b$B%F%9%H\x1b(B!", "テスト!"},
    {"control characters",
     "Subject: a\x01\x7f"
     "b\x1b[31m\tc",
     "ab[31m c"},
    {"control characters from an encoded word", "Subject: =?utf-8?Q?a=0D=0Ab=C2=85c?=", "a  bc"},
    {"a charset that nobody knows", "Subject: =?x-none?Q?abc?=", "abc"},
};

START_TEST(header_value) {
  g_autofree char *message = g_strdup_printf("From: a\n%s\nDate: x\n\nbody\n", values[_i].field);
  g_auto(Reading) r = read_text(message);
  assert_same(values[_i].name, bp_fields_get(bp_mail_headers(r.mail), "Subject"), values[_i].value);
}
END_TEST

START_TEST(raw_bytes_in_the_charset_of_the_message) {
  g_auto(Reading) r =
      read_text("Subject: \xCF\xF0\xE8\xE2\xE5\xF2\nContent-Type: text/plain; charset=windows-1251\n\nx\n");
  ck_assert_str_eq(bp_fields_get(bp_mail_headers(r.mail), "Subject"), "Привет");
}
END_TEST

/* ---- status fields ------------------------------------------------------------------------------------------ */

static const struct {
  const char *name, *text, *groups;
} statuses[] = {
    {"two groups", "A: 1\nB: 2\n\nC: 3\n", "A=1|B=2||C=3"},
    {"no line end at the end", "A: 1", "A=1"},
    {"nothing", "", ""},
    {"empty lines in numbers", "\n\nA: 1\n\n\n\nB: 2\n\n", "A=1||B=2"},
    {"a line of blanks is an empty line", "A: 1\n \t\nB: 2\n", "A=1||B=2"},
    {"folded lines", "A: 1\n 2\n\t3\nB: 4\n", "A=1 2 3|B=4"},
    {"a blank before the colon", "A : 1\n", "A=1"},
    {"no blank behind the colon", "A:1\n", "A=1"},
    {"lines that are no fields", "hello world\nA: 1\n--\nB: 2\n", "A=1|B=2"},
    {"what continues no field", "hello world\n A: 1\nB: 2\n", "B=2"},
    {"repeated fields", "A: 1\na: 2\n", "A=1|a=2"},
    {"comments stay", "Status: 5.1.1 (bad)\n", "Status=5.1.1 (bad)"},
    {"encoded words", "A: =?utf-8?Q?=C3=84?=\n", "A=Ä"},
    {"a value with colons", "A: smtp; 550 5.1.1: x: y\n", "A=smtp; 550 5.1.1: x: y"},
};

START_TEST(status_fields) {
  g_autoptr(BpArena) arena = bp_arena_new();
  guint n;
  const BpFields *groups = bp_fields_parse(arena, statuses[_i].text, strlen(statuses[_i].text), &bp_limits_default, &n);
  g_autofree char *got = joined(groups, n);
  assert_same(statuses[_i].name, got, statuses[_i].groups);
}
END_TEST

static const struct {
  const char *name, *part;
} status_parts[] = {
    {"as it is", "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nAction: failed\n"},
    {"base64", "Content-Type: message/delivery-status\nContent-Transfer-Encoding: "
               "base64\n\nUmVwb3J0aW5nLU1UQTogZG5zOyBteAoKQWN0aW9uOiBmYWlsZWQK\n"},
    {"base64 that is not labelled",
     "Content-Type: message/delivery-status\n\nUmVwb3J0aW5nLU1UQTogZG5zOyBteAoKQWN0aW9uOiBmYWlsZWQK\n"},
    {"labelled base64, but plain", "Content-Type: message/delivery-status\nContent-Transfer-Encoding: "
                                   "base64\n\nReporting-MTA: dns; mx\n\nAction: failed\n"},
    {"quoted-printable",
     "Content-Type: message/delivery-status\nContent-Transfer-Encoding: quoted-printable\n\nReporting-MTA:=20dns; "
     "=\nmx\n\nAction: failed\n"},
    {"in CR LF", "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nAction: failed\r\n"},
    {"an empty line more", "Content-Type: message/delivery-status\n\n\nReporting-MTA: dns; mx\n\nAction: failed\n"},
};

START_TEST(status_part) {
  g_autofree char *message = g_strconcat(REPORT "--b\n", status_parts[_i].part, "--b--\n", NULL);
  g_auto(Reading) r = read_text(message);
  guint n;
  const BpPart *parts = bp_mail_parts(r.mail, &n);
  ck_assert_msg(n == 1, "%s", status_parts[_i].name);
  g_autofree char *got = joined(parts[0].groups, parts[0].n_groups);
  const char *want = "Reporting-MTA=dns; mx||Action=failed";
  assert_same(status_parts[_i].name, got, want);
}
END_TEST

static const struct {
  const char *name, *part;
} originals[] = {
    {"the whole message", "Content-Type: message/rfc822\n\nSubject: x\nTo: a\n\nhello\n"},
    {"headers", "Content-Type: text/rfc822-headers\n\nSubject: x\nTo: a\n"},
    {"headers, then more", "Content-Type: text/rfc822-headers\n\n\nSubject: x\nTo: a\n\nText: y\n"},
    {"an encoded message",
     "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeApUbzogYQoKaGVsbG8K\n"},
    {"an mbox line in front", "Content-Type: message/rfc822\n\nFrom x@example.com Mon\nSubject: x\nTo: a\n\nhello\n"},
};

START_TEST(original_headers) {
  g_autofree char *message = g_strconcat(REPORT "--b\n", originals[_i].part, "--b--\n", NULL);
  g_auto(Reading) r = read_text(message);
  guint n;
  const BpPart *parts = bp_mail_parts(r.mail, &n);
  g_autofree char *got = joined(&parts[0].headers, 1);
  const char *want = "Subject=x|To=a";
  assert_same(originals[_i].name, got, want);
}
END_TEST

/* ---- text --------------------------------------------------------------------------------------------------- */

#define PLAIN(charset) "Content-Type: text/plain; charset=" charset "\n\n"
#define ENCODED(charset, encoding)                                                                                     \
  "Content-Type: text/plain; charset=" charset "\nContent-Transfer-Encoding: " encoding "\n\n"
#define HTML "Content-Type: text/html; charset=utf-8\n\n"

static const struct {
  const char *name, *message, *text;
} texts[] = {
    {"plain", PLAIN("us-ascii") "hello\nworld\n", "hello\nworld\n"},
    {"no type", "Subject: x\n\nhello\n", "hello\n"},
    {"CR LF in the body", PLAIN("us-ascii") "a\r\nb\r\n", "a\nb\n"},
    {"CR and CR CR LF in the body", PLAIN("us-ascii") "a\rb\r\r\nc\n", "a\nb\nc\n"},
    {"base64", ENCODED("utf-8", "base64") "w4TDlg==\n", "ÄÖ"},
    {"base64 with a footer",
     ENCODED("utf-8", "base64") "WW91ciBtZXNzYWdlIGNvdWxkIG5vdCBiZSBkZWxpdmVyZWQgdG8geEBleGFtcGxlLmNv\nbS4K\n\n____\nA "
                                "list, l@example.org\n",
     "Your message could not be delivered to x@example.com.\n"},
    {"a line of signs that says base64",
     ENCODED("utf-8", "base64") "==================================================================\nx y\n",
     "==================================================================\nx y\n"},
    {"quoted-printable", ENCODED("utf-8", "quoted-printable") "=C3=84 a=\nb\n", "Ä ab\n"},
    {"uuencode", ENCODED("us-ascii", "x-uuencode") "begin 644 x\n%:&5L;&\\`\n`\nend\n", "hello"},
    {"labelled base64, but not", ENCODED("utf-8", "base64") "Your mail failed.\n", "Your mail failed.\n"},
    {"base64 that says quoted-printable",
     ENCODED("utf-8",
             "quoted-printable") "WW91ciBtZXNzYWdlIGNvdWxkIG5vdCBiZSBkZWxpdmVyZWQgdG8geEBleGFtcGxlLmNv\nbS4K\n",
     "Your message could not be delivered to x@example.com.\n"},
    {"quoted-printable of the characters of base64 only",
     ENCODED("utf-8", "quoted-printable") "=E4=BB=A5=E4=B8=8B=E3=81=AE=E5=AE=9B=E5=85=88=E3=81=AB=E4=BB=A5=E4=B8=8B=E3="
                                          "81=AE=\n=E5=AE=9B\n",
     "以下の宛先に以下の宛\n"},
    {"base64 in a text that says 7bit stays", ENCODED("utf-8", "7bit") "w4TDlg==\n", "w4TDlg==\n"},
    {"an encoding that nobody knows", ENCODED("utf-8", "x-none") "a=20b\n", "a=20b\n"},
    {"UTF-8", PLAIN("utf-8") "\xC3\x84\n", "Ä\n"},
    {"UTF-8 in another case and quotes", PLAIN("\"Utf-8\"") "\xC3\x84\n", "Ä\n"},
    {"UTF-8 without a label", "Subject: x\n\n\xC3\x84\n", "Ä\n"},
    {"UTF-8 with a damaged character", PLAIN("utf-8") "\xC3\x84\xC3\x96\xC3\x9C\xC3\x84\xFF\n", "ÄÖÜÄ\xEF\xBF\xBD\n"},
    {"UTF-8 that says Latin-1", PLAIN("iso-8859-1") "\xC3\x84\xC3\x96\n", "ÄÖ\n"},
    {"UTF-8 that says Big5", PLAIN("big5") "\xE2\x82\xAC\xC3\xBC\n", "€ü\n"},
    {"Latin-1", PLAIN("iso-8859-1") "\xC4\xD6 \x80\n", "ÄÖ €\n"},
    {"Latin-9 is not Latin-1", PLAIN("iso-8859-15") "\xA4\n", "€\n"},
    {"Russian in KOI8-R without a label",
     "Subject: x\n\n\xF7\xC1\xDB\xC5 \xD0\xC9\xD3\xD8\xCD\xCF \xCE\xC5 \xC4\xCF\xD3\xD4\xC1\xD7\xCC\xC5\xCE\xCF: "
     "\xD1\xDD\xC9\xCB \xD0\xC5\xD2\xC5\xD0\xCF\xCC\xCE\xC5\xCE\n",
     "Ваше письмо не доставлено: ящик переполнен\n"},
    {"Russian in Windows-1251 without a label",
     "Subject: x\n\n\xC2\xE0\xF8\xE5 \xEF\xE8\xF1\xFC\xEC\xEE \xED\xE5 \xE4\xEE\xF1\xF2\xE0\xE2\xEB\xE5\xED\xEE: "
     "\xFF\xF9\xE8\xEA \xEF\xE5\xF0\xE5\xEF\xEE\xEB\xED\xE5\xED\n",
     "Ваше письмо не доставлено: ящик переполнен\n"},
    {"Japanese in Shift_JIS without a label",
     "Subject: "
     "x\n\n\x83\x81\x81["
     "\x83\x8B\x82\xF0\x91\x97\x90M\x82\xC5\x82\xAB\x82\xDC\x82\xB9\x82\xF1\x82\xC5\x82\xB5\x82\xBD\x81"
     "B\x88\xB6\x90\xE6\x82\xAA\x8C\xA9\x82\xC2\x82\xA9\x82\xE8\x82\xDC\x82\xB9\x82\xF1\n",
     "メールを送信できませんでした。宛先が見つかりません\n"},
    {"Japanese in EUC-JP without a label",
     "Subject: "
     "x\n\n\xA5\xE1\xA1\xBC\xA5\xEB\xA4\xF2\xC1\xF7\xBF\xAE\xA4\xC7\xA4\xAD\xA4\xDE\xA4\xBB\xA4\xF3\xA4\xC7\xA4\xB7\xA4"
     "\xBF\xA1\xA3\xB0\xB8\xC0\xE8\xA4\xAC\xB8\xAB\xA4\xC4\xA4\xAB\xA4\xEA\xA4\xDE\xA4\xBB\xA4\xF3\n",
     "メールを送信できませんでした。宛先が見つかりません\n"},
    {"Chinese in GB2312 without a label",
     "Subject: "
     "x\n\n\xC4\xFA\xB5\xC4\xD3\xCA\xBC\xFE\xCE\xDE\xB7\xA8\xCD\xB6\xB5\xDD\xB5\xBD\xCA\xD5\xBC\xFE\xC8\xCB\xA3\xAC\xD3"
     "\xC3\xBB\xA7\xB2\xBB\xB4\xE6\xD4\xDA\n",
     "您的邮件无法投递到收件人，用户不存在\n"},
    {"Chinese in Big5 without a label",
     "Subject: x\n\n\xB1z\xAA\xBA\xB6l\xA5\xF3\xB5L\xAAk\xB6\xC7\xB0"
     "e\xA6\xDC\xA6\xAC\xA5\xF3\xA4H\xA1"
     "A\xA8\xCF\xA5\xCE\xAA\xCC\xA4\xA3\xA6s\xA6"
     "b\n",
     "您的郵件無法傳送至收件人，使用者不存在\n"},
    {"Korean in EUC-KR without a label",
     "Subject: x\n\n\xB8\xDE\xC0\xCF\xC0\xBB \xBA\xB8\xB3\xBE \xBC\xF6 \xBE\xF8\xBD\xC0\xB4\xCF\xB4\xD9. "
     "\xC1\xB8\xC0\xE7\xC7\xCF\xC1\xF6 \xBE\xCA\xB4\xC2 \xBB\xE7\xBF\xEB\xC0\xDA\xC0\xD4\xB4\xCF\xB4\xD9\n",
     "메일을 보낼 수 없습니다. 존재하지 않는 사용자입니다\n"},
    {"Latin-1 without a label, in long words",
     "Subject: x\n\nGr\xF6\xDF"
     "ere Anh\xE4nge kann der Empf\xE4nger in \xD6sterreich nicht \xF6"
     "ffnen, d\xE9sol\xE9, se\xF1or Mu\xF1oz\n",
     "Größere Anhänge kann der Empfänger in Österreich nicht öffnen, désolé, señor Muñoz\n"},
    {"8-bit bytes without a label", "Subject: x\n\ncaf\xE9 \x93x\x94\n", "café “x”\n"},
    {"8-bit bytes that say us-ascii", PLAIN("us-ascii") "caf\xE9\n", "café\n"},
    {"8-bit bytes that say utf-8", PLAIN("utf-8") "caf\xE9\n", "café\n"},
    {"one 8-bit byte at the end", PLAIN("us-ascii") "caf\xE9", "café"},
    {"windows-1251", PLAIN("windows-1251") "\xCF\xF0\xE8\n", "При\n"},
    {"koi8-r", PLAIN("koi8-r") "\xF0\xD2\xC9\n", "При\n"},
    {"cp1252", PLAIN("cp1252") "\x80\n", "€\n"},
    {"shift_jis", PLAIN("Shift_JIS") "\x83\x65\x83\x58\x83\x67 \\\n", "テスト \\\n"},
    {"windows-31j", PLAIN("windows-31j") "\x87\x40\n", "①\n"},
    {"x-sjis", PLAIN("x-sjis") "\x83\x65\n", "テ\n"},
    {"euc-jp", PLAIN("euc-jp") "\xA5\xC6\xA5\xB9\n", "テス\n"},
    {"iso-2022-jp", PLAIN("iso-2022-jp") "\x1b$B%F%9%H\x1b(B ok\n", "テスト ok\n"},
    {"iso-2022-jp with katakana of half width", PLAIN("iso-2022-jp") "\x1b(I1\x1b(B ok\n", "ｱ ok\n"},
    {"iso-2022-jp without a label", "Subject: x\n\n\x1b$B%F%9%H\x1b(B\n", "テスト\n"},
    {"iso-2022-jp that is EUC-JP", PLAIN("iso-2022-jp") "\xA5\xC6\xA5\xB9\xA5\xC8\n", "テスト\n"},
    {"iso-2022-jp that is Shift_JIS", PLAIN("iso-2022-jp") "\x83\x65\x83\x58\x83\x67\n", "テスト\n"},
    {"iso-2022-jp that is UTF-8", PLAIN("iso-2022-jp") "\xE3\x83\x86\n", "テ\n"},
    {"gb2312 with characters of GBK", PLAIN("gb2312") "\xC4\xE3\xE9\x46\n", "你镕\n"},
    {"ks_c_5601-1987", PLAIN("ks_c_5601-1987") "\xB0\xA1\n", "가\n"},
    {"big5", PLAIN("big5") "\xA4\xA4\xA4\xE5\n", "中文\n"},
    {"unicode-1-1-utf-7", PLAIN("unicode-1-1-utf-7") "a +AMQ- b\n", "a Ä b\n"},
    {"utf-7 without anything encoded", PLAIN("utf-7") "plain\n", "plain\n"},
    {"utf-16 with a mark", ENCODED("utf-16", "base64") "/v8AxABh\n", "Äa"},
    {"utf-16, little end first, with a mark", ENCODED("utf-16", "base64") "//7EAGEA\n", "Äa"},
    {"utf-16, little end first, without a mark", ENCODED("utf-16", "base64") "YQBiAMQA\n", "abÄ"},
    {"utf-16le", ENCODED("utf-16le", "base64") "YQDEAA==\n", "aÄ"},
    {"utf-16 with a lone surrogate", ENCODED("utf-16be", "base64") "AGHYAABi\n",
     "a\xEF\xBF\xBD"
     "b"},
    {"utf-16 that is ASCII", PLAIN("utf-16") "plain\n", "plain\n"},
    {"a charset that nobody knows", PLAIN("x-none") "caf\xE9\n", "café\n"},
    {"a charset that is no name", PLAIN("\"//TRANSLIT\"") "caf\xE9\n", "café\n"},
    {"a character that the charset lacks", PLAIN("euc-kr") "\xB0\xA1\xFF\n", "가\xEF\xBF\xBD\n"},
    {"the body of a broken multipart", HEAD "Content-Type: multipart/report; boundary=zzz\n\nIt failed.\n",
     "It failed.\n"},
    {"a body without an empty line before it", HEAD "It failed.\nReally.\n", "It failed.\nReally.\n"},
    {"an empty body", HEAD "\n", ""},
    {"HTML",
     HTML
     "<html><head><title>T</title><style>p {}</style></head><body><p>Your <b>mail</b><br>failed.</p></body></html>",
     "Your mail\nfailed."},
    {"HTML with its charset in a meta element",
     "Content-Type: text/html\n\n<meta charset=\"windows-1251\"><p>\xCF\xF0\xE8", "При"},
    {"HTML in quoted-printable",
     "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>=C3=84</p>=\n", "Ä"},
};

START_TEST(text_of_first_part) {
  g_auto(Reading) r = read_text(texts[_i].message);
  guint n;
  gsize length;
  BpPart *parts = bp_mail_parts(r.mail, &n);
  ck_assert_msg(n == 1, "%s", texts[_i].name);
  const char *text = bp_mail_text(r.mail, &parts[0], &length);
  assert_same(texts[_i].name, text, texts[_i].text);
  ck_assert_uint_eq(length, strlen(text));
  ck_assert_ptr_eq(bp_mail_text(r.mail, &parts[0], NULL), text);
}
END_TEST

START_TEST(nul_bytes_are_dropped) {
  static const char message[] = "Subject: x\n\na\0b\n";
  g_auto(Reading) r = read_bytes(message, sizeof message - 1, NULL);
  guint n;
  BpPart *parts = bp_mail_parts(r.mail, &n);
  ck_assert_str_eq(bp_mail_text(r.mail, &parts[0], NULL), "ab\n");
}
END_TEST

START_TEST(no_text_of_messages_and_attachments) {
  g_auto(Reading) r =
      read_text(REPORT ORIGINAL_PART "--b\nContent-Type: image/png\n\nx\n--b\nContent-Type: message/rfc822\n"
                                     "Content-Transfer-Encoding: base64\n\nU3ViamVjdDogeAoKeQo=\n--b--\n");
  guint n;
  BpPart *parts = bp_mail_parts(r.mail, &n);
  ck_assert_uint_eq(n, 4);
  for (guint i = 0; i < n; i++) {
    gsize length = 1;
    const char *want = parts[i].kind == BP_PART_TEXT ? "hello" : "";
    assert_same(parts[i].type, bp_mail_text(r.mail, &parts[i], &length), want);
    ck_assert_uint_eq(length, strlen(want));
  }
}
END_TEST

/* ---- HTML --------------------------------------------------------------------------------------------------- */

static const struct {
  const char *name, *html, *text;
} pages[] = {
    {"blanks are one", "a \t\n  b", "a b"},
    {"blocks are lines", "<div>a</div><div>b</div>c", "a\nb\nc"},
    {"cells are words, rows are lines", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
    {"lists", "<ul><li>a</li><li>b</li></ul>", "a\nb"},
    {"inline elements change nothing", "a<b>b</b><span>c</span>", "abc"},
    {"entities", "a&amp;b &lt;x@example.com&gt; &#228;&#xe4;", "a&b <x@example.com> ää"},
    {"a blank that does not break", "a&nbsp;b\xC2\xA0 c", "a b c"},
    {"scripts and styles", "a<script>var x = '<p>';</script><style>b</style>c", "ac"},
    {"comments", "a<!-- <p>x</p> -->b", "ab"},
    {"a tag that is not closed at the end", "a <b", "a"},
    {"less than", "1 < 2", "1 < 2"},
    {"nothing", "", ""},
};

static char *squeezed(char *text) {
  g_autoptr(GRegex) lines = g_regex_new("[ \n]*\n[ \n]*", 0, 0, NULL);
  g_autofree char *owned = text;
  return g_regex_replace_literal(lines, owned, -1, 0, "\n", 0, NULL);
}

START_TEST(html_parsed_or_stripped) {
  gsize length = strlen(pages[_i].html);
  g_autofree char *parsed = squeezed(bp_html_to_text(pages[_i].html, length, 1000, &length));
  length = strlen(pages[_i].html);
  g_autofree char *stripped = squeezed(bp_html_strip(pages[_i].html, length, 1000, &length));
  assert_same(pages[_i].name, parsed, pages[_i].text);
  assert_same(pages[_i].name, stripped, pages[_i].text);
}
END_TEST

static char *repeated(const char *before, const char *text, guint times, const char *behind) {
  GString *out = g_string_new(before);
  for (guint i = 0; i < times; i++)
    g_string_append(out, text);
  g_string_append(out, behind);
  return g_string_free(out, FALSE);
}

START_TEST(deep_html_keeps_its_text) {
  static const guint depths[] = {300, 100000};
  g_autofree char *html = repeated("", "<div>", depths[_i], "deep");
  gsize length;
  g_autofree char *text = bp_html_to_text(html, strlen(html), 1000, &length);
  ck_assert_str_eq(text, "deep");
}
END_TEST

/* ---- limits ------------------------------------------------------------------------------------------------- */

static const BpLimits small = {.message = 4000,
                               .header_block = 400,
                               .fields = 8,
                               .field = 100,
                               .parts = 5,
                               .depth = 3,
                               .recipients = 4,
                               .text = 50};

#define MIXED HEAD "Content-Type: multipart/mixed; boundary=b\n\n"

static const struct {
  const char *name;
  const char *before, *repeated, *behind; /* the message: repeated stands times times */
  guint times;
  const char *outline;
  guint truncated;
} limited[] = {
    {"what fits is whole", MIXED, "--b\n\nx\n", "--b--\n", 5,
     "T text/plain 0, T text/plain 0, T text/plain 0, T text/plain 0, T text/plain 0", 0},
    {"too many parts", MIXED, "--b\n\nx\n", "--b--\n", 6,
     "T text/plain 0, T text/plain 0, T text/plain 0, T text/plain 0, T text/plain 0", BP_TRUNCATED_PARTS},
    {"too many fields", HEAD, "X: y\n", "\nbody", 100, "T text/plain 0", BP_TRUNCATED_HEADERS},
    {"a field too long", HEAD, "",
     "X: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\n\nbody",
     1, "T text/plain 0", BP_TRUNCATED_HEADERS},
    {"a header too long", HEAD, "X: 01234567890123456789012345678901234567890123456789012345678901234567890123456789\n",
     "\nbody", 6, "T text/plain 0", BP_TRUNCATED_HEADERS},
    {"messages in one another", HEAD, "Content-Type: message/rfc822\n\n", "\nx", 4,
     "M message/rfc822 0, M message/rfc822 1<0, M message/rfc822 2<1, T text/plain 3<2", BP_TRUNCATED_DEPTH},
    {"multiparts in one another", HEAD "Content-Type: multipart/mixed; boundary=b\n\n",
     "--b\nContent-Type: multipart/mixed; boundary=b\n\n", "--b\n\nx\n--b--\n", 4, NULL, BP_TRUNCATED_DEPTH},
    {"a text too long", HEAD "\n", "0123456789", "", 6, "T text/plain 0", BP_TRUNCATED_TEXT},
    {"a message too long", HEAD "\n", "0123456789", "", 400, "T text/plain 0", BP_TRUNCATED_INPUT | BP_TRUNCATED_TEXT},
};

START_TEST(limits) {
  g_autofree char *message = repeated(limited[_i].before, limited[_i].repeated, limited[_i].times, limited[_i].behind);
  g_auto(Reading) r = read_bytes(message, strlen(message), &small);
  guint n;
  BpPart *parts = bp_mail_parts(r.mail, &n);
  for (guint i = 0; i < n; i++)
    ck_assert_uint_le(strlen(bp_mail_text(r.mail, &parts[i], NULL)), small.text);
  ck_assert_uint_le(bp_mail_headers(r.mail)->n_fields, small.fields);
  g_autofree char *got = outline(r.mail);
  if (limited[_i].outline)
    assert_same(limited[_i].name, got, limited[_i].outline);
  ck_assert_msg(bp_mail_truncated(r.mail) == limited[_i].truncated, "%s: truncated is %#x", limited[_i].name,
                bp_mail_truncated(r.mail));
}
END_TEST

START_TEST(a_text_is_cut_between_characters) {
  g_autofree char *message = repeated(PLAIN("utf-8"), "€", 20, "");
  g_auto(Reading) r = read_bytes(message, strlen(message), &small);
  guint n;
  BpPart *parts = bp_mail_parts(r.mail, &n);
  ck_assert_uint_eq(strlen(bp_mail_text(r.mail, &parts[0], NULL)), 48);
}
END_TEST

START_TEST(groups_are_counted) {
  g_autofree char *status = repeated("Reporting-MTA: x\n", "\nAction: failed\n", 100, "");
  g_autoptr(BpArena) arena = bp_arena_new();
  guint n;
  bp_fields_parse(arena, status, strlen(status), &small, &n);
  ck_assert_uint_eq(n, 1 + small.recipients + 1);
}
END_TEST

/* Hostile messages; each must be read in little time and memory, whatever comes out. */
static const struct {
  const char *name, *before, *repeated, *behind;
  guint times;
} hostile[] = {
    {"a million parts", MIXED, "--b\n\nx\n", "", 1000000},
    {"multiparts in one another", MIXED, "--b\nContent-Type: multipart/mixed; boundary=b\n\n", "", 10000},
    {"messages in one another", HEAD, "Content-Type: message/rfc822\n\nSubject: x\n", "", 10000},
    {"five million header lines", HEAD, "X: y\n", "\nbody", 5000000},
    {"a field of five million lines", HEAD "X: y\n", " z\n", "\nbody", 5000000},
    {"two million addresses", HEAD "To: ", "a,", "\n\nbody", 2000000},
    {"a field name of 1 MB", HEAD, "0123456789", ": x\n\nbody", 100000},
    {"a charset of 60 KB", HEAD "Content-Type: text/plain; charset=", "0123456789", "\n\n\xE4\n", 6000},
    {"a boundary of 60 KB", HEAD "Content-Type: multipart/mixed; boundary=", "0123456789", "\n\n--0123456789\n", 6000},
    {"50 MB in one line", HEAD "\n", "0123456789", "", 5000000},
    {"lines that look like boundaries", MIXED "--b\n\n", "--\n", "", 10000000},
    {"attributes that are compared with one another", HTML "<a ", "abcd ", ">x", 100000},
    {"end tags that are looked for", HTML "<div><p>", "</x>", "x", 500000},
    {"tags that never end", HTML, "<a href=\"", "x", 300000},
    {"comments that never end", HTML, "<!--x", "x", 300000},
    {"encoded words", HEAD "Subject: ", "=?iso-2022-kr?Q?a?= ", "\n\nbody", 50000},
};

START_TEST(hostile_message) {
  g_autofree char *message = repeated(hostile[_i].before, hostile[_i].repeated, hostile[_i].times, hostile[_i].behind);
  gint64 start = g_get_monotonic_time();
  g_auto(Reading) r = read_bytes(message, strlen(message), NULL);
  guint n;
  BpPart *parts = bp_mail_parts(r.mail, &n);
  for (guint i = 0; i < n; i++)
    bp_mail_text(r.mail, &parts[i], NULL);
  gint64 took = g_get_monotonic_time() - start;
  ck_assert_msg(took < 20 * G_USEC_PER_SEC, "%s: %" G_GINT64_FORMAT " us", hostile[_i].name, took);
}
END_TEST

/* Cut or changed anywhere, a message is still read; sanitizers see how. */
START_TEST(damaged_message) {
  static const char whole[] = REPORT TEXT_PART STATUS_PART ORIGINAL_PART "--b--\n";
  for (gsize length = 8; length < sizeof whole; length++) {
    g_autofree char *cut = g_memdup2(whole, length); /* no NUL behind it */
    g_autofree char *changed = g_memdup2(whole, sizeof whole - 1);
    changed[length - 1] = "\n\r:-=\0 \xff"[length % 8];
    g_auto(Reading) one = read_bytes(cut, length, NULL), other = read_bytes(changed, sizeof whole - 1, NULL);
    ck_assert_str_eq(bp_mail_headers(one.mail)->fields[0].name, "From");
    ck_assert_uint_gt(bp_mail_headers(other.mail)->n_fields, 0);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("mail");
  TCase *tests = tcase_create("mail");
  tcase_set_timeout(tests, 300);
  tcase_add_loop_test(tests, structure, 0, G_N_ELEMENTS(structures));
  tcase_add_test(tests, what_is_known_of_a_message);
  tcase_add_test(tests, fields_of_a_message_in_their_order);
  tcase_add_loop_test(tests, beginning, 0, G_N_ELEMENTS(beginnings));
  tcase_add_loop_test(tests, no_mail, 0, G_N_ELEMENTS(no_mails));
  tcase_add_loop_test(tests, header_value, 0, G_N_ELEMENTS(values));
  tcase_add_test(tests, raw_bytes_in_the_charset_of_the_message);
  tcase_add_loop_test(tests, status_fields, 0, G_N_ELEMENTS(statuses));
  tcase_add_loop_test(tests, status_part, 0, G_N_ELEMENTS(status_parts));
  tcase_add_loop_test(tests, original_headers, 0, G_N_ELEMENTS(originals));
  tcase_add_loop_test(tests, text_of_first_part, 0, G_N_ELEMENTS(texts));
  tcase_add_test(tests, nul_bytes_are_dropped);
  tcase_add_test(tests, no_text_of_messages_and_attachments);
  tcase_add_loop_test(tests, html_parsed_or_stripped, 0, G_N_ELEMENTS(pages));
  tcase_add_loop_test(tests, deep_html_keeps_its_text, 0, 2);
  tcase_add_loop_test(tests, limits, 0, G_N_ELEMENTS(limited));
  tcase_add_test(tests, a_text_is_cut_between_characters);
  tcase_add_test(tests, groups_are_counted);
  tcase_add_loop_test(tests, hostile_message, 0, G_N_ELEMENTS(hostile));
  tcase_add_test(tests, damaged_message);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
