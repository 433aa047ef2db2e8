/* test-report.c - what is read out of messages: recipients, actions, replies, kinds */
#include "fixture.h"
#include "report/address.h"

#define DSN(fields)                                                                                                    \
  "From: MAILER-DAEMON@mx.example.net\nTo: list@example.org\nSubject: Undelivered Mail\nContent-Type: "                \
  "multipart/report; "                                                                                                 \
  "report-type=delivery-status; boundary=b\n\n--b\n\nNotice.\n--b\nContent-Type: message/delivery-status\n\n" fields   \
  "\n--b\n"                                                                                                            \
  "Content-Type: message/rfc822\n\nFrom: list@example.org\nTo: alice@example.com\nSubject: Hello\nMessage-ID: "        \
  "<1@example.org>\n\nbody bob@example.com 550\n--b--\n"
#define MTA "Reporting-MTA: dns; mx.example.net\n\n"
#define TEXT(text)                                                                                                     \
  "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: list@example.org\nSubject: failure notice\n\n" text

/* One recipient a row where address is set; none where it is NULL. */
static const struct {
  const char *name, *mail, *kind, *address, *action, *status, *code, *diagnostic;
} rows[] = {
    {"the plain report",
     DSN(MTA "Final-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 "
             "5.1.1 User unknown\n"),
     "failure", "alice@example.com", "failed", "5.1.1", "550", "550 5.1.1 User unknown"},
    {"folded and oddly cased fields",
     DSN(MTA "FINAL-RECIPIENT : RFC822;\n <alice@example.com>\naction: Failed (really)\nSTATUS: 5.1.1 "
             "(bad)\ndiagnostic-code: SMTP; 550\n 5.1.1 User\n\tunknown\n"),
     "failure", "alice@example.com", "failed", "5.1.1", "550", "550 5.1.1 User unknown"},
    {"delayed",
     DSN(MTA "Final-Recipient: rfc822; alice@example.com\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: x-test; "
             "connection timed out\n"),
     "delay", "alice@example.com", "delayed", "4.4.1", NULL, "connection timed out"},
    {"delivered", DSN(MTA "Final-Recipient: rfc822; alice@example.com\nAction: delivered\nStatus: 2.0.0\n"), "success",
     "alice@example.com", "delivered", "2.0.0", NULL, NULL},
    {"relayed", DSN(MTA "Final-Recipient: rfc822; alice@example.com\nAction: relayed\nStatus: 2.0.0\n"), "success",
     "alice@example.com", "relayed", "2.0.0", NULL, NULL},
    {"expanded", DSN(MTA "Final-Recipient: rfc822; alice@example.com\nAction: expanded\nStatus: 2.0.0\n"), "success",
     "alice@example.com", "expanded", "2.0.0", NULL, NULL},
    {"the reply's status goes before the field",
     DSN(MTA "Final-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 "
             "5.7.1 Denied\n"),
     "failure", "alice@example.com", "failed", "5.7.1", "550", "550 5.7.1 Denied"},
    {"a specific field goes before a vague reply",
     DSN(MTA "Final-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 550 "
             "5.0.0 Sorry, no\n"),
     "failure", "alice@example.com", "failed", "5.2.2", "550", "550 5.0.0 Sorry, no"},
    {"no blank line between the groups",
     DSN("Reporting-MTA: dns; mx.example.net\nFinal-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: "
         "5.1.1\nDiagnostic-Code: smtp; 550 no such user\n"),
     "failure", "alice@example.com", "failed", "5.1.1", "550", "550 no such user"},
    {"a group torn by blank lines",
     DSN(MTA "Final-Recipient: rfc822; alice@example.com\n\nAction: failed\n\nStatus: 5.1.1\n\nDiagnostic-Code: smtp; "
             "550 no such user\n"),
     "failure", "alice@example.com", "failed", "5.1.1", "550", "550 no such user"},
    {"an X- field carries the reply",
     DSN(MTA "Final-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: 5.1.1\nX-Supplementary-Info: "
             "<mx.example.com #5.1.1 smtp;550 5.1.1 User unknown>\n"),
     "failure", "alice@example.com", "failed", "5.1.1", "550", "550 5.1.1 User unknown"},
    {"a utf-8 address",
     DSN(MTA "Final-Recipient: utf-8; j\\x{FC}rgen@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; "
             "550 no such user\n"),
     "failure", "jürgen@example.com", "failed", "5.1.1", "550", "550 no such user"},
    {"a blank of xtext that no quotes hold",
     DSN(MTA "Final-Recipient: rfc822; IMCEAEX-_O=FIRST+20GROUP_CN=bob@example.com\nAction: failed\nStatus: 5.1.1\n"),
     "failure", "IMCEAEX-_O=FIRST+20GROUP_CN=bob@example.com", "failed", "5.1.1", NULL, NULL},
    {"the text has the words of a bare code",
     "From: MAILER-DAEMON@mx.example.net\nTo: list@example.org\nSubject: Undelivered Mail\nContent-Type: "
     "multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nYour message could not be delivered "
     "to:\n\nalice@example.com: 550 5.7.1 Your IP address is blocked\n--b\nContent-Type: "
     "message/delivery-status\n\n" MTA "Final-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: "
     "5.0.0\nDiagnostic-Code: smtp; 550\n\n--b--\n",
     "failure", "alice@example.com", "failed", "5.7.1", "550", "550 5.7.1 Your IP address is blocked"},
    {"a recipient without a name, whom the returned message has",
     DSN(MTA "Final-Recipient: rfc822;\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n"),
     "failure", "alice@example.com", "failed", "5.1.1", "550", "550 no such user"},
    {"qmail",
     TEXT(
         "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to "
         "the following addresses.\n\n<alice@example.com>:\n"
         "192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 no such user\nGiving up on 192.0.2.1.\n\n--- "
         "Below this line is a copy of the message.\n\nReturn-Path: <list@example.org>\nTo: bob@example.com\n\nx\n"),
     "failure", "alice@example.com", "failed", "5.1.1", "550", NULL},
    {"a layout that nobody described",
     TEXT("We regret: the mail to the person below was refused.\n\nalice@example.com\n550 5.1.1 no such user here\n"),
     "failure", "alice@example.com", "failed", "5.1.1", "550", "550 5.1.1 no such user here"},
    {"an ordinary mail",
     "From: bob@example.com\nTo: list@example.org\nSubject: Re: Mail delivery failed\n\nalice@example.com gave me a "
     "550 5.1.1 User unknown\n",
     "other", NULL, NULL, NULL, NULL, NULL},
    {"out of office",
     "Return-Path: <>\nFrom: alice@example.com\nSubject: Out of office: Hello\nAuto-Submitted: auto-replied\n\nI am "
     "away.\n",
     "auto-reply", NULL, NULL, NULL, NULL, NULL},
    {"an automatic reply without a field that says so",
     "From: alice@example.com\nTo: list@example.org\nSubject: Re: Hello\n\nThis is an automated response to a message "
     "you "
     "have sent to alice@example.com.\n\nBack on Monday.\n",
     "auto-reply", NULL, NULL, NULL, NULL, NULL},
    {"an answer on a list that calls its posts bulk",
     "From: bob@example.com\nTo: list@example.org\nSubject: [list] Re: Alice is out of the office\nIn-Reply-To: "
     "<1@example.com>\nPrecedence: bulk\nList-Id: <list.example.org>\n\n> I will be out of the office.\n\nWhy does she "
     "tell us?\n",
     "other", NULL, NULL, NULL, NULL, NULL},
    {"a daemon's mail that a list handed out",
     "Return-Path: <list-admin@example.org>\nFrom: MAILER-DAEMON@example.net\nTo: list-admin@example.org\nSubject: "
     "Returned mail: Hello\nPrecedence: bulk\nList-Id: <list.example.org>\nList-Post: "
     "<mailto:list@example.org>\n\nUnable to find user: <alice@example.com>\nPlease make sure the address is "
     "correct.\n",
     "failure", "alice@example.com", "failed", NULL, NULL, NULL},
    {"a mail system's report that a list handed out",
     "Return-Path: <list-owner@example.org>\nFrom: postmaster@example.net\nTo: list@example.org\nSubject: [list] "
     "Undeliverable: Hello\nAuto-Submitted: auto-replied\nIn-Reply-To: <1@example.org>\nX-Mailing-List: "
     "list@example.org\n\nYour message could not be delivered:\n\nalice@example.com: 550 5.1.1 no such user\n",
     "failure", "alice@example.com", "failed", "5.1.1", "550", "550 5.1.1 no such user"},
    {"a person's post of the same",
     "Return-Path: <list-owner@example.org>\nFrom: Bob Smith <postmaster@example.net>\nTo: list@example.org\nSubject: "
     "[list] Undeliverable mail\nX-Mailing-List: list@example.org\n\nYour message could not be delivered:"
     "\n\nalice@example.com: 550 5.1.1 no such user\n",
     "other", NULL, NULL, NULL, NULL, NULL},
    {"an archive in Spanish",
     "From: postmaster en mx.example.net (postmaster en mx.example.net)\nSubject: [list] Undeliverable: Hello\n\nYour "
     "message could not be delivered:\n\nalice en example.com: 550 5.1.1 no such user\n",
     "failure", "alice@example.com", "failed", "5.1.1", "550", "550 5.1.1 no such user"},
    {"an archive that hides dots, too",
     "From: MAILER-DAEMON () mx ! example ! net\nSubject: failure notice\n\nYour message could not be "
     "delivered:\n\n<alice () mail ! example ! com>:\n550 5.1.1 no such user\n",
     "failure", "alice@mail.example.com", "failed", "5.1.1", "550", "550 5.1.1 no such user"},
    {"the text that bears the type of the fields",
     "From: MAILER-DAEMON@mx.example.net\nTo: list@example.org\nSubject: Undelivered Mail\nContent-Type: "
     "multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: "
     "message/delivery-status\n\nYour message to alice@example.com could not be delivered: mailbox "
     "full\n\n--b\nContent-Type: "
     "message/delivery-status\n\n" MTA "Final-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: "
     "5.3.0\n\n--b--\n",
     "failure", "alice@example.com", "failed", "5.3.0", NULL,
     "Your message to alice@example.com could not be delivered: mailbox full"},
    {"a feedback report",
     "From: fbl@example.net\nContent-Type: multipart/report; report-type=feedback-report; "
     "boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/feedback-report\n\n"
     "Feedback-Type: abuse\nUser-Agent: T/1\nVersion: 1\nOriginal-Rcpt-To: <alice@example.com>\n\n--b--\n",
     "complaint", "alice@example.com", "complaint", NULL, NULL, NULL},
    {"a receipt",
     "From: alice@example.com\nContent-Type: multipart/report; report-type=disposition-notification; "
     "boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/disposition-notification\n\n"
     "Final-Recipient: rfc822; alice@example.com\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n",
     "receipt", "alice@example.com", "displayed", NULL, NULL, NULL},
    {"deleted without being read",
     "From: alice@example.com\nContent-Type: multipart/report; report-type=disposition-notification; "
     "boundary=b\n\n--b\n\nYour message was deleted without being read.\n--b\nContent-Type: "
     "message/disposition-notification\n\nFinal-Recipient: rfc822; alice@example.com\nDisposition: "
     "automatic-action/MDN-sent-automatically; deleted\n\n--b--\n",
     "receipt", "alice@example.com", "deleted", NULL, NULL, NULL},
    {"a message that the recipient's rules refuse (RFC 5429)",
     "From: postmaster@example.com\nContent-Type: multipart/report; report-type=disposition-notification; "
     "boundary=b\n\n--b\n\nYour message to <alice@example.com> was automatically rejected:\nNo "
     "reports.\n--b\nContent-Type: "
     "message/disposition-notification\n\nFinal-Recipient: rfc822; alice@example.com\nDisposition: "
     "automatic-action/MDN-sent-automatically; deleted\n\n--b--\n",
     "failure", "alice@example.com", "failed", NULL, NULL, "was automatically rejected: No reports."},
    {"the same, where only the fields name the recipient",
     "From: postmaster@example.com\nContent-Type: multipart/report; report-type=disposition-notification; "
     "boundary=b\n\n--b\n\nYour message was automatically rejected by Sieve, a mail\nfiltering language.\n\nThe "
     "following "
     "reason was given:\nNo reports.\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; "
     "alice@example.com\nDisposition: automatic-action/MDN-sent-automatically; deleted\n\n--b--\n",
     "failure", "alice@example.com", "failed", NULL, NULL,
     "was automatically rejected by Sieve, a mail filtering language. The following reason was given: No reports."},
    {"a reply of several lines that are not folded",
     DSN(MTA "Final-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; "
             "550-5.1.1 The account\n550 5.1.1 does not exist\nRemote-MTA: dns; mx.example.com\n"),
     "failure", "alice@example.com", "failed", "5.1.1", "550", "550-5.1.1 The account 550 5.1.1 does not exist"},
    {"the first line of a reply, and the transcript that has all",
     "From: MAILER-DAEMON@mx.example.net\nTo: list@example.org\nSubject: Returned mail: see transcript for "
     "details\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nThe original message "
     "was "
     "received at Mon, 2 Nov 2026 10:00:00 GMT\n\n   ----- The following addresses had permanent fatal errors "
     "-----\n<alice@example.com>\n    (reason: 550-5.7.1 Our system has detected that this message is)\n\n   ----- "
     "Transcript of "
     "session follows -----\n... while talking to mx.example.com.:\n>>> DATA\n<<< 550-5.7.1 Our system has detected "
     "that this "
     "message is\n<<< 550 5.7.1 likely unsolicited mail\n554 5.0.0 Service unavailable\n\n--b\nContent-Type: "
     "message/delivery-status\n\n" MTA "Final-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: "
     "5.7.1\nDiagnostic-Code: SMTP; 550-5.7.1 Our system has detected that this message is\n\n--b--\n",
     "failure", "alice@example.com", "failed", "5.7.1", "550",
     "550-5.7.1 Our system has detected that this message is 550 5.7.1 likely unsolicited mail"},
    {"a report of a delivery whose status is labelled text, without a word that says so",
     "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n\n--b\nContent-Type: "
     "text/plain\n\n" MTA
     "Final-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: 5.1.2 (550 no such host)\n\n--b--\n",
     "failure", "alice@example.com", "failed", "5.1.2", "550", "550 no such host"},
    {"nobody is named, and the returned message was for several",
     TEXT("Your message was rejected. The following error was given:\n\n  lines too long\n\n--- Original message "
          "---\n\nFrom: list@example.org\nTo: alice@example.com, bob@example.com\nSubject: Hello\nMessage-ID: "
          "<1@example.org>\n\nHello\n"),
     "failure", "", "failed", NULL, NULL, "Your message was rejected. The following error was given: lines too long"},
    {"nobody is named, and the returned message was for one",
     TEXT("Your message was rejected. The following error was given:\n\n  lines too long\n\n--- Original message "
          "---\n\nFrom: list@example.org\nTo: \"alice@example.com\" <alice@example.com>\nSubject: "
          "Hello\nMessage-ID: <1@example.org>\n\nHello\n"),
     "failure", "alice@example.com", "failed", NULL, NULL,
     "Your message was rejected. The following error was given: lines too long"},
    {"a reply cut short in its middle, and the transcript that has all",
     "From: MAILER-DAEMON@mx.example.net\nTo: list@example.org\nSubject: Returned mail: see transcript for "
     "details\n\nThe original message was received at Mon, 2 Nov 2026 10:00:00 GMT\n\n   ----- The following addresses "
     "had permanent fatal errors -----\nalice@example.com\n    (reason: 550 5.7.1 Unfortunately, mail from "
     "[192.0.2.1]...list.)\n\n   ----- Transcript of session follows -----\n... while talking to "
     "mx.example.com.:\n>>> DATA\n<<< 550 5.7.1 Unfortunately, mail from [192.0.2.1] is refused: it is on our block "
     "list.\n550 5.1.1 alice@example.com... User unknown\n",
     "failure", "alice@example.com", "failed", "5.7.1", "550",
     "550 5.7.1 Unfortunately, mail from [192.0.2.1] is refused: it is on our block list."},
    {"masked addresses, and a sentence with at",
     "From: MAILER-DAEMON at mx.example.net\nSubject: [list] failure notice\n\nHi. This is the qmail-send program at "
     "mx.example.net.\nI could not deliver your message.\n\n<alice at example.com>:\n550 5.1.1 <alice at "
     "example.com> User unknown\n",
     "failure", "alice@example.com", "failed", "5.1.1", "550", "550 5.1.1 <alice@example.com> User unknown"},
    {"masked in another way, within the fields of a report",
     "From: MAILER-DAEMON(a)mx.example.net\nSubject: Undelivered Mail\n\nReporting-MTA: dns; "
     "mx.example.net\n\nFinal-Recipient: rfc822; alice(a)example.com\nAction: failed\nStatus: 5.1.1\n",
     "failure", "alice@example.com", "failed", "5.1.1", NULL, NULL},
    {"a sender without a domain, and all addresses masked",
     "From: MAILER-DAEMON\nSubject: Undelivered Mail\n\nYour mail to alice at example.com could not be delivered.\n",
     "failure", "alice@example.com", "failed", NULL, NULL, NULL},
    {"a program hands on what a person writes",
     "From: Help Desk <help@example.org>\nTo: list@example.org\nSubject: Fwd: Undelivered Mail\nAuto-Submitted: "
     "auto-generated\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee below.\n--b\nContent-Type: "
     "message/rfc822\n\nFrom: Bob <bob@example.com>\nSubject: mail\n\nMail to alice@example.com fails: 550 5.1.1 User "
     "unknown\n--b--\n",
     "other", NULL, NULL, NULL, NULL, NULL},
    {"only a link of the page has the address",
     "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: list@example.org\nSubject: Undelivered "
     "Mail\nContent-Type: text/html\n\n<p>Your message to <a href=\"mailto:alice@example.com?subject=x\">Alice</a> "
     "could "
     "not be delivered.</p><p><a href=\"mailto:desk@example.net\">Help desk</a></p>",
     "failure", "alice@example.com", "failed", NULL, NULL, NULL},
    {"a link to those who help is no recipient",
     "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: list@example.org\nSubject: Undelivered "
     "Mail\nContent-Type: text/html\n\n<p>Your message could not be delivered.</p><p><a "
     "href=\"mailto:desk@example.net\">Help desk</a></p>",
     "failure", "", "failed", NULL, NULL, NULL},
    {"a status field in the text is no reply",
     DSN(MTA "Final-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: 5.1.1\n"), "failure",
     "alice@example.com", "failed", "5.1.1", NULL, NULL},
};

START_TEST(messages) {
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autoptr(GError) error = NULL;
  const char *name = rows[_i].name;
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(reader, rows[_i].mail, strlen(rows[_i].mail), &error);
  ck_assert_msg(answer, "%s: %s", name, error ? error->message : "");
  assert_same(name, bounceparse_answer_get_kind(answer), rows[_i].kind);
  ck_assert_msg(bounceparse_answer_get_n_recipients(answer) == (rows[_i].address ? 1 : 0), "%s: %u recipients", name,
                bounceparse_answer_get_n_recipients(answer));
  if (!rows[_i].address)
    return;
  const BounceparseRecipient *r = bounceparse_answer_get_recipient(answer, 0);
  assert_same(name, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ADDRESS), rows[_i].address);
  assert_same(name, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ACTION), rows[_i].action);
  assert_same(name, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_STATUS), rows[_i].status);
  assert_same(name, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_CODE), rows[_i].code);
  if (rows[_i].diagnostic)
    assert_same(name, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_DIAGNOSTIC), rows[_i].diagnostic);
}
END_TEST

START_TEST(several_recipients_and_mixed_actions) {
  static const char mail[] =
      DSN(MTA "Final-Recipient: rfc822; alice@example.com\nAction: delayed\nStatus: 4.2.2\n\nFinal-Recipient: rfc822; "
              "bob@example.com\nAction: failed\nStatus: 5.1.1\n\n"
              "Final-Recipient: rfc822; alice@EXAMPLE.com\nAction: failed\nStatus: 5.2.2\n\nFinal-Recipient: rfc822; "
              "Alice@example.com\nAction: delivered\nStatus: 2.0.0\n");
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(reader, mail, strlen(mail), NULL);
  ck_assert_str_eq(bounceparse_answer_get_kind(answer), "failure");
  ck_assert_uint_eq(bounceparse_answer_get_n_recipients(answer), 3);
  static const char *const wanted[][2] = {
      {"alice@example.com", "failed"}, {"bob@example.com", "failed"}, {"Alice@example.com", "delivered"}};
  for (guint i = 0; i < 3; i++) {
    const BounceparseRecipient *r = bounceparse_answer_get_recipient(answer, i);
    ck_assert_str_eq(bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ADDRESS), wanted[i][0]);
    ck_assert_str_eq(bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ACTION), wanted[i][1]);
  }
}
END_TEST

/* So many that a table finds them: the domain is caseless, the local part is not. */
START_TEST(many_recipients) {
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autoptr(GString) mail = g_string_new(
      "From: MAILER-DAEMON@mx.example.net\nTo: list@example.org\nSubject: Undelivered Mail\nContent-Type: "
      "multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n");
  for (guint i = 0; i < 100; i++)
    g_string_append_printf(mail, "Final-Recipient: rfc822; %s%u@%s\nAction: %s\n\n", i < 75 ? "user" : "User", i % 25,
                           i < 50 ? "example.com" : "EXAMPLE.com", i < 25 ? "delayed" : "failed");
  g_string_append(mail, "--b--\n");
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(reader, mail->str, mail->len, NULL);
  ck_assert_uint_eq(bounceparse_answer_get_n_recipients(answer), 50);
  const BounceparseRecipient *first = bounceparse_answer_get_recipient(answer, 0);
  ck_assert_str_eq(bounceparse_recipient_get_string(first, BOUNCEPARSE_RECIPIENT_ADDRESS), "user0@example.com");
  ck_assert_str_eq(bounceparse_recipient_get_string(first, BOUNCEPARSE_RECIPIENT_ACTION), "failed");
}
END_TEST

/* Long texts are searched window by window: what stands across the edge of one is found in the next. */
START_TEST(long_texts) {
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autoptr(GString) mail = g_string_new("Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: list@example.org\n"
                                         "Subject: failure notice\nContent-Type: text/plain; charset=utf-8\n\n");
  g_string_append_len(mail, "xxxxxxx", _i % 7);
  for (guint i = 0; i < 6000 + (guint)_i * 40; i++)
    g_string_append(mail, "\xf0\x9f\x98\x80");
  g_string_append(mail, "\n\nalice@example.com\n550 5.1.1 no such user here\n");
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(reader, mail->str, mail->len, NULL);
  const BounceparseRecipient *r = bounceparse_answer_get_recipient(answer, 0);
  ck_assert_str_eq(bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ADDRESS), "alice@example.com");
  ck_assert_str_eq(bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_STATUS), "5.1.1");
}
END_TEST

START_TEST(the_original_message) {
  static const char mail[] = DSN(MTA "Final-Recipient: rfc822; alice@example.com\nAction: failed\nStatus: 5.1.1\n");
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(reader, mail, strlen(mail), NULL);
  ck_assert_str_eq(bounceparse_answer_get_string(answer, BOUNCEPARSE_ANSWER_MESSAGE_ID), "1@example.org");
  ck_assert_str_eq(bounceparse_answer_get_string(answer, BOUNCEPARSE_ANSWER_FROM), "list@example.org");
  ck_assert_str_eq(bounceparse_answer_get_string(answer, BOUNCEPARSE_ANSWER_SUBJECT), "Hello");
  ck_assert_str_eq(bounceparse_answer_get_string(answer, BOUNCEPARSE_ANSWER_REPORTER_HOST), "mx.example.net");
}
END_TEST

/* What a field of an archived mail names. */
static const struct {
  const char *field, *address;
} masked[] = {
    {"bob at example.com (Bob)", "bob@example.com"},
    {"Bob <bob at example.com>", "bob@example.com"},
    {"Courier mail server at mx.example.org", ""},
    {"x-x400; c=DE;a=ADMD;p=PRMD;dda:RFC-822=bob(u)x(a)example.com;", "bob_x@example.com"},
    {"x400; /DD.RFC-822=bob(a)example.com/O=Corp/C=DE/", "bob@example.com"},
};

START_TEST(masked_fields) {
  g_autoptr(BpArena) arena = bp_arena_new();
  ck_assert_str_eq(bp_address_of(arena, masked[_i].field, FALSE), masked[_i].address);
}
END_TEST

/* What is read of a mail that reports on one recipient, and on no other. */
static BounceparseAnswer *read_of_one(const char *mail) {
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  BounceparseAnswer *answer = bounceparse_reader_read(reader, mail, strlen(mail), NULL);
  ck_assert_uint_eq(bounceparse_answer_get_n_recipients(answer), 1);
  return answer;
}

/* The original as it is pasted below a text. */
static const struct {
  const char *name, *pasted;
} pasted[] = {
    {"as it is",
     "----- Original message -----\n\nMessage-ID: <1@example.org>\nFrom: me@example.org\nSubject: Hello\n\nx"},
    {"quoted", "Original message follows:\n\n> Message-ID: <1@example.org>\n> From: me@example.org\n>\n> x\n"},
    {"indented", "Message headers follow:\n\n    Message-ID: <1@example.org>\n    From: me@example.org\n"},
    {"below other words", "The headers of your message were:\n\nMessage-ID: <1@example.org>\nFrom: me@example.org\n"},
    {"in Dutch", "----- Oorspronkelijk bericht -----\n\nMessage-ID: <1@example.org>\nFrom: me@example.org\n\nx"},
    {"in Russian", "--- Исходное сообщение ---\n\nMessage-ID: <1@example.org>\nFrom: me@example.org\n\nx"},
    {"in Korean", "----- 원본 메시지 -----\n\nMessage-ID: <1@example.org>\nFrom: me@example.org\n\nx"},
};

START_TEST(pasted_originals) {
  g_autofree char *mail =
      g_strdup_printf("From: MAILER-DAEMON@mx.example.net\nTo: me@example.org\nSubject: Mail delivery failed\n\n"
                      "<alice@example.com>: 550 5.1.1 User unknown\n\n%s\nbob@example.net\n",
                      pasted[_i].pasted);
  g_autoptr(BounceparseAnswer) answer = read_of_one(mail);
  assert_same(pasted[_i].name, bounceparse_answer_get_string(answer, BOUNCEPARSE_ANSWER_MESSAGE_ID), "1@example.org");
  assert_same(pasted[_i].name, bounceparse_answer_get_string(answer, BOUNCEPARSE_ANSWER_FROM), "me@example.org");
}
END_TEST

/* Which host a reply came from, or none, as the words around it tell. */
static const struct {
  const char *words, *host, *ip;
} hosts[] = {
    {"host mx.example.com[192.0.2.1] said: 550 5.1.1 User unknown", "mx.example.com", "192.0.2.1"},
    {"connect to mx.example.com[192.0.2.1]:25: Connection timed out", "mx.example.com", "192.0.2.1"},
    {"lost connection with mx.example.com[192.0.2.1] while receiving the initial server greeting", "mx.example.com",
     "192.0.2.1"},
    {"Deferred: Connection refused by mx.example.com.", "mx.example.com", NULL},
    {"Server at mx.example.com (192.0.2.1) returned '450 4.4.316 Connection refused'", "mx.example.com", "192.0.2.1"},
    {"host mx.example.com[192.0.2.1] said: 450 4.1.1 unverified address: connect to in.example.com[10.0.0.1]:25: "
     "Connection refused",
     "mx.example.com", "192.0.2.1"},
    {"550 5.1.1 User unknown\nReceived: from other.example.org (other.example.org)\n\tby third.example.org with ESMTP",
     NULL, NULL},
};

START_TEST(remote_hosts) {
  g_autofree char *mail = g_strdup_printf("From: MAILER-DAEMON@mx.example.net\nTo: me@example.org\n"
                                          "Subject: Mail delivery failed\n\n<alice@example.com>: %s\n",
                                          hosts[_i].words);
  g_autoptr(BounceparseAnswer) answer = read_of_one(mail);
  const BounceparseRecipient *r = bounceparse_answer_get_recipient(answer, 0);
  assert_same(hosts[_i].words, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_REMOTE_HOST), hosts[_i].host);
  assert_same(hosts[_i].words, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_REMOTE_IP), hosts[_i].ip);
}
END_TEST

/* The reporting system's own address names it where nothing else does; a person's does not. */
static const struct {
  const char *from, *host;
} reporters[] = {
    {"MAILER-DAEMON@mx.example.net", "mx.example.net"},
    {"Mail Delivery System <Mailer-Daemon@MX.example.net>", "mx.example.net"},
    {"MAILER-DAEMON", NULL},
    {"Mail Delivery System <bounce.robot@example.net>", NULL},
};

START_TEST(reporters_by_sender) {
  g_autofree char *mail = g_strdup_printf("Return-Path: <>\nFrom: %s\nTo: me@example.org\nSubject: Mail delivery "
                                          "failed\n\n<alice@example.com>: 550 5.1.1 User unknown\n",
                                          reporters[_i].from);
  g_autoptr(BounceparseAnswer) answer = read_of_one(mail);
  assert_same(reporters[_i].from, bounceparse_answer_get_string(answer, BOUNCEPARSE_ANSWER_REPORTER_HOST),
              reporters[_i].host);
}
END_TEST

/* Nobody is removed for what neither sender nor subject are a mail system's. */
static const struct {
  const char *head, *advice;
} tellers[] = {
    {"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nSubject: Undelivered mail", "remove"},
    {"Return-Path: <>\nFrom: shop@example.net\nSubject: Undelivered mail", "remove"},
    {"Return-Path: <noreply@example.net>\nFrom: Shop <noreply@example.net>\nSubject: Your invoice", "review"},
};

START_TEST(removed_by_whom) {
  g_autofree char *mail = g_strdup_printf("%s\nTo: me@example.org\n\nYour invoice could not be delivered to "
                                          "alice@example.com:\n\n550 5.1.1 User unknown\n",
                                          tellers[_i].head);
  g_autoptr(BounceparseAnswer) answer = read_of_one(mail);
  const BounceparseRecipient *r = bounceparse_answer_get_recipient(answer, 0);
  assert_same(tellers[_i].head, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_CAUSE), "user-unknown");
  assert_same(tellers[_i].head, bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ADVICE), tellers[_i].advice);
}
END_TEST

/* What a notification says of a message that it does not return. */
static const struct {
  const char *text, *message_id, *from, *subject;
} stated[] = {
    {"This report relates to a message you sent with the following header fields:\n\n  Message-id: <1@example.org>\n"
     "  Date: Fri, 21 Nov 2014 02:52:05 +0900\n  From: Me <me@example.org>\n  Subject: Hello\n",
     "1@example.org", "me@example.org", "Hello"},
    {"   Sent: Tue, 16 Mar 2010 10:01:29 +0100\n   Subject: Hello\n", NULL, NULL, "Hello"},
    {"Your message\n\n  Subject:\tHello\n\nwas not delivered.\n", NULL, NULL, "Hello"},
    {"Absender: me@example.org\nBetreff: Hello\n", NULL, "me@example.org", "Hello"},
    {"件名：Hello\n", NULL, NULL, "Hello"},
    {"Your message with the subject \"Hello\" was lost.\n", NULL, NULL, "Hello"},
    {"From: me@example.org\n", NULL, NULL, NULL},
    {"The subject: of much debate\n", NULL, NULL, NULL},
};

START_TEST(stated_originals) {
  g_autofree char *mail =
      g_strdup_printf("From: MAILER-DAEMON@mx.example.net\nTo: me@example.org\nSubject: Mail delivery failed\n"
                      "Content-Type: text/plain; charset=utf-8\n\n%s\n<alice@example.com>: 550 5.1.1 User unknown\n",
                      stated[_i].text);
  g_autoptr(BounceparseAnswer) answer = read_of_one(mail);
  const char *name = stated[_i].text;
  assert_same(name, bounceparse_answer_get_string(answer, BOUNCEPARSE_ANSWER_MESSAGE_ID), stated[_i].message_id);
  assert_same(name, bounceparse_answer_get_string(answer, BOUNCEPARSE_ANSWER_FROM), stated[_i].from);
  assert_same(name, bounceparse_answer_get_string(answer, BOUNCEPARSE_ANSWER_SUBJECT), stated[_i].subject);
}
END_TEST

/* Return paths that were made for alice@example.com. */
static const char *const verp[] = {
    "bounces+alice=example.com@lists.example.org",
    "list-bounces+alice=example.com@lists.example.org",
    "bounce-123-alice=example.com@lists.example.org",
    "list-return-42-alice=example.com@lists.example.org",
    "list-return-2.1234567.abc-alice=example.com@lists.example.org",
    "bounces+12345-ab12-alice=example.com@sender.example.org",
    "bounce+1a2b3c.4d5e6f-alice=example.com@sender.example.org",
    "bounce-mc.us5_15021793.1234-alice=example.com@sender.example.org",
    "bounce+alice==a==example.com==list@lists.example.org",
    "msprvs1=18abc=bounces-123-alice=example.com@sender.example.org",
};

static BounceparseAnswer *read_text(const char *to, const char *text) {
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autofree char *mail =
      g_strdup_printf("From: MAILER-DAEMON@mx.example.net\nTo: %s\nSubject: Mail delivery failed\n\n%s\n", to, text);
  return bounceparse_reader_read(reader, mail, strlen(mail), NULL);
}

START_TEST(return_paths_for_one_recipient) {
  g_autoptr(BounceparseAnswer) unnamed =
      read_text(verp[_i], "Your message could not be delivered. 550 5.1.1 User unknown"),
                               same = read_text(verp[_i], "<alice@example.com>: 550 5.1.1 User unknown"),
                               other = read_text(verp[_i], "<bob@example.net>: 550 5.1.1 User unknown");
  const BounceparseRecipient *r = bounceparse_answer_get_recipient(unnamed, 0);
  assert_same(verp[_i], bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ADDRESS), "alice@example.com");
  r = bounceparse_answer_get_recipient(same, 0);
  assert_same(verp[_i], bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ORIGINAL_ADDRESS), NULL);
  r = bounceparse_answer_get_recipient(other, 0);
  assert_same(verp[_i], bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ADDRESS), "bob@example.net");
  assert_same(verp[_i], bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ORIGINAL_ADDRESS),
              "alice@example.com");
}
END_TEST

/* Some mark is in front that nobody knows: the address that the report names is the recipient's all the same. */
START_TEST(return_path_with_a_mark) {
  g_autoptr(BounceparseAnswer) answer =
      read_text("bounces+x9-alice=example.com@lists.example.org", "<alice@example.com>: 550 5.1.1 User unknown");
  const BounceparseRecipient *r = bounceparse_answer_get_recipient(answer, 0);
  ck_assert_ptr_null(bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ORIGINAL_ADDRESS));
}
END_TEST

/* The recipient whom an old form of complaint hides. */
START_TEST(complaint_with_a_return_path) {
  static const char mail[] =
      "From: scomp@aol.net\nTo: abuse@example.org\nSubject: Email Feedback Report for IP 192.0.2.7\n"
      "MIME-Version: 1.0\nContent-Type: message/rfc822\n\n"
      "Return-Path: <bounces+alice=example.com@lists.example.org>\nFrom: me@example.org\n"
      "To: undisclosed-recipients:;\nSubject: Hello\n\nx\n";
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autoptr(BounceparseAnswer) answer = bounceparse_reader_read(reader, mail, strlen(mail), NULL);
  ck_assert_str_eq(bounceparse_answer_get_kind(answer), "complaint");
  ck_assert_uint_eq(bounceparse_answer_get_n_recipients(answer), 1);
  const BounceparseRecipient *r = bounceparse_answer_get_recipient(answer, 0);
  ck_assert_str_eq(bounceparse_recipient_get_string(r, BOUNCEPARSE_RECIPIENT_ADDRESS), "alice@example.com");
}
END_TEST

START_TEST(what_is_no_mail) {
  static const char binary[64] = {0, 1, 2, 3, '\n', 5};
  g_autoptr(BounceparseReader) reader = fixture_reader(NULL, NULL);
  g_autoptr(GError) empty = NULL, junk = NULL;
  ck_assert(!bounceparse_reader_read(reader, "", 0, &empty) &&
            g_error_matches(empty, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_NOT_MAIL));
  ck_assert(!bounceparse_reader_read(reader, binary, sizeof binary, &junk) &&
            g_error_matches(junk, BOUNCEPARSE_ERROR, BOUNCEPARSE_ERROR_NOT_MAIL));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("report");
  TCase *tcase = tcase_create("report");
  tcase_add_loop_test(tcase, messages, 0, G_N_ELEMENTS(rows));
  tcase_add_test(tcase, several_recipients_and_mixed_actions);
  tcase_add_test(tcase, many_recipients);
  tcase_add_loop_test(tcase, long_texts, 0, 60);
  tcase_add_test(tcase, the_original_message);
  tcase_add_loop_test(tcase, masked_fields, 0, G_N_ELEMENTS(masked));
  tcase_add_loop_test(tcase, pasted_originals, 0, G_N_ELEMENTS(pasted));
  tcase_add_loop_test(tcase, remote_hosts, 0, G_N_ELEMENTS(hosts));
  tcase_add_loop_test(tcase, reporters_by_sender, 0, G_N_ELEMENTS(reporters));
  tcase_add_loop_test(tcase, removed_by_whom, 0, G_N_ELEMENTS(tellers));
  tcase_add_loop_test(tcase, stated_originals, 0, G_N_ELEMENTS(stated));
  tcase_add_loop_test(tcase, return_paths_for_one_recipient, 0, G_N_ELEMENTS(verp));
  tcase_add_test(tcase, return_path_with_a_mark);
  tcase_add_test(tcase, complaint_with_a_return_path);
  tcase_add_test(tcase, what_is_no_mail);
  suite_add_tcase(suite, tcase);
  return run_suite(suite);
}
