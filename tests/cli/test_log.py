"""bounceparse explain on lines of mail logs."""

import json
import os
import subprocess
import tempfile
import unittest

from program import PROGRAM, VALIDATOR

ROWS = [
    ("Postfix, bounced",
     "Nov 23 10:00:00 mx postfix/smtp[123]: 4fcQvT5zL1: to=<alice@example.com>, relay=mx.example.com[192.0.2.1]:25, delay=1, delays=0/0/1/0, "
     "dsn=5.1.1, status=bounced (host mx.example.com[192.0.2.1] said: 550 5.1.1 <alice@example.com>: Recipient address rejected: User unknown (in reply to RCPT TO command))",
     {"address": "alice@example.com", "action": "failed", "status": "5.1.1", "code": "550", "command": "RCPT TO", "remote_host": "mx.example.com",
      "remote_ip": "192.0.2.1", "log_id": "4fcQvT5zL1", "cause": "user-unknown", "advice": "remove"}),
    ("Postfix, deferred, RFC 3339",
     "2026-11-23T10:00:00.123456+01:00 mx postfix/smtp[123]: ABC123: to=<bob@example.net>, orig_to=<list@example.org>, relay=none, delay=9, "
     "dsn=4.4.1, status=deferred (connect to mx.example.net[192.0.2.9]:25: Connection timed out)",
     {"address": "bob@example.net", "original_address": "list@example.org", "action": "delayed", "status": "4.4.1", "log_id": "ABC123",
      "last_attempt": "2026-11-23T09:00:00Z", "cause": "connection-failed", "advice": "retry"}),
    ("Exim, failed",
     "2026-11-23 10:00:00 1rABCD-0001xy-2Z ** carol@example.com R=dnslookup T=remote_smtp H=mx.example.com [192.0.2.1] X=TLS1.3: SMTP error from remote "
     "mail server after RCPT TO:<carol@example.com>: 552 5.2.2 Mailbox full",
     {"address": "carol@example.com", "action": "failed", "status": "5.2.2", "code": "552", "command": "RCPT TO", "remote_host": "mx.example.com",
      "log_id": "1rABCD-0001xy-2Z", "last_attempt": "2026-11-23T10:00:00Z", "cause": "mailbox-full", "advice": "retry"}),
    ("Exim, put off",
     "2026-11-23 10:00:00 1rABCD-0001xy-2Z == dora@example.com R=dnslookup T=remote_smtp defer (110): Connection timed out",
     {"address": "dora@example.com", "action": "delayed", "cause": "connection-failed"}),
    ("Sendmail, failed",
     "Nov  3 10:00:00 mx sendmail[77]: nA3B1c2d001234: to=<emil@example.com>, ctladdr=<x@example.org> (1/1), delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=1, "
     "relay=mx.example.com. [192.0.2.1], dsn=5.1.1, stat=User unknown",
     {"address": "emil@example.com", "action": "failed", "status": "5.1.1", "remote_host": "mx.example.com", "remote_ip": "192.0.2.1", "cause": "user-unknown"}),
    ("Sendmail, put off",
     "Nov  3 10:00:00 mx sm-mta[77]: nA3B1c2d001234: to=<emil@example.com>, delay=00:00:01, mailer=esmtp, relay=mx.example.com. [192.0.2.1], dsn=4.0.0, "
     "stat=Deferred: Connection refused by mx.example.com.",
     {"address": "emil@example.com", "action": "delayed", "cause": "connection-failed", "advice": "retry"}),
    ("Exim over TLS, with a cipher that has a colon, and ports",
     "2026-11-23 10:00:00 1rABCD-0001xy-2Z ** carol@example.com F=<me@example.org> P=<me@example.org> R=dnslookup T=remote_smtp H=mx.example.com [192.0.2.1]:25 "
     "I=[192.0.2.8]:40000 X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes DN=\"/C=XX/CN=mx.example.com\": SMTP error from remote mail server after RCPT TO:"
     "<carol@example.com>: 550 5.1.1 User unknown",
     {"address": "carol@example.com", "status": "5.1.1", "code": "550", "remote_host": "mx.example.com", "remote_ip": "192.0.2.1", "cause": "user-unknown"}),
    ("Exim, put off by the server, over TLS",
     "2026-11-23 10:00:00 1rABCD-0001xy-2Z == dora@example.com <list@example.org> R=dnslookup T=remote_smtp defer (-44) H=mx.example.com [192.0.2.1] "
     "X=TLS1.3:TLS_AES_256_GCM_SHA384:256: SMTP error from remote mail server after RCPT TO:<dora@example.com>: 450 4.2.0 Greylisted",
     {"address": "dora@example.com", "original_address": "list@example.org", "code": "450", "remote_host": "mx.example.com", "remote_ip": "192.0.2.1",
      "cause": "greylisted"}),
    ("Exim, lines of a reply",
     "2026-11-23 10:00:00 1rABCD-0001xy-2Z ** carol@example.com R=dnslookup T=remote_smtp H=mx.example.com [192.0.2.1] X=TLS1.2:A:128: SMTP error from remote mail "
     "server after end of data: 552-5.2.2 The mailbox is\\n552 5.2.2 over quota",
     {"code": "552", "status": "5.2.2", "command": "DATA", "diagnostic": "552-5.2.2 The mailbox is 552 5.2.2 over quota", "cause": "mailbox-full"}),
    ("Exim, a program behind an address",
     "2026-11-23 10:00:00 1rABCD-0001xy-2Z ** |/usr/bin/program -x <paul@example.org> R=system_aliases T=address_pipe: Child process of address_pipe transport returned 1 "
     "from command: /usr/bin/program",
     {"address": "paul@example.org", "cause": "mailer-error"}),
    ("Exim, through syslog, an address of IPv6",
     "Nov 23 10:00:00 mx exim[123]: 1rABCD-0001xy-2Z ** syd@example.com R=dnslookup T=remote_smtp H=mx.example.com [2001:db8::1]:25 X=TLS1.3:A:256 CV=no: SMTP error "
     "from remote mail server after MAIL FROM:<a@example.org>: 550 5.1.8 Sender rejected",
     {"address": "syd@example.com", "log_id": "1rABCD-0001xy-2Z", "remote_ip": "2001:db8::1", "command": "MAIL FROM", "cause": "sender-rejected"}),
    ("Exim, put off while routing",
     "2026-11-23 10:00:00 1rABCD-0001xy-2Z == uma@example.com routing defer (-51): retry time not reached",
     {"address": "uma@example.com", "action": "delayed", "advice": "retry"}),
    ("Sendmail, with the reply",
     "Nov  3 10:00:00 mx sendmail[77]: nA3B1c2d001234: to=yves@example.com, delay=00:00:05, mailer=relay, pri=3, relay=mx.example.com. [192.0.2.1], dsn=5.6.0, "
     "reply=554 5.6.0 Bad message, really, stat=Data format error",
     {"address": "yves@example.com", "code": "554", "status": "5.6.0", "diagnostic": "554 5.6.0 Bad message, really", "remote_host": "mx.example.com"}),
    ("Sendmail, a program behind an address",
     "Nov  3 10:00:00 mx sendmail[77]: nA3B1c2d001234: to=|/usr/bin/program, ctladdr=<zoe@example.org> (8/0), delay=00:00:00, mailer=prog, pri=3, dsn=5.3.0, "
     "stat=unknown mailer error 1",
     {"address": "zoe@example.org", "action": "failed", "cause": "mailer-error"}),
    ("Postfix refuses: NOQUEUE is no queue id",
     "Nov 23 10:00:00.123456 mx postfix/smtpd[22]: NOQUEUE: reject: RCPT from mail.example.net[192.0.2.3]: 554 5.7.1 <x@example.org>: Relay access denied; "
     "from=<a@example.net> to=<x@example.org> proto=ESMTP helo=<mail.example.net>",
     {"address": "x@example.org", "log_id": None, "cause": "relay-denied"}),
    ("Postfix, the recipient's domain is not found",
     "Nov 23 10:00:00 mx postfix/smtp[1]: ABC: to=<a@example.com>, relay=none, delay=1, dsn=5.4.4, status=bounced (Host or domain name not found. "
     "Name service error for name=example.com type=AAAA: Host not found)",
     {"address": "a@example.com", "action": "failed", "cause": "domain-unknown", "advice": "remove"}),
    ("Postfix, a mail host of its own is not found",
     "Nov 23 10:00:00 mx postfix/smtp[1]: ABC: to=<a@example.com>, relay=none, delay=1, dsn=5.4.4, status=bounced (Host or domain name not found. "
     "Name service error for name=mx.example.com type=A: Host not found)",
     {"cause": "domain-unknown", "advice": "remove"}),
    ("Postfix, a relay is not found",
     "Nov 23 10:00:00 mx postfix/smtp[1]: ABC: to=<a@example.com>, relay=none, delay=1, dsn=5.4.4, status=bounced (Host or domain name not found. "
     "Name service error for name=relay.example.net type=A: Host not found)",
     {"address": "a@example.com", "action": "failed", "cause": "connection-failed", "advice": "retry"}),
    ("Postfix, the server behind does not find its own",
     "Nov 23 10:00:00 mx postfix/smtp[1]: ABC: to=<a@example.com>, relay=gw.example.net[192.0.2.1]:25, delay=1, dsn=5.1.2, status=bounced "
     "(host gw.example.net[192.0.2.1] said: 550 5.1.2 Host smtp.relay.example.org not found (in reply to RCPT TO command))",
     {"address": "a@example.com", "action": "failed", "cause": "connection-failed", "advice": "retry"}),
]

NO_DELIVERY = ["Nov 23 10:00:00 mx postfix/qmgr[1]: ABC: removed",
               "Nov 23 10:00:00 mx postfix/smtp[1]: ABC: to=<a@example.com>, relay=mx.example.com[192.0.2.1]:25, dsn=2.0.0, status=sent (250 ok)",
               "2026-11-23 10:00:00 1rABCD-0001xy-2Z Completed"]


def explain(*arguments, text=None):
    result = subprocess.run([PROGRAM, "explain", "--json", *arguments], input=text, capture_output=True, text=True)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    for answer in answers:
        VALIDATOR.validate(answer)
    return result, answers


class Log(unittest.TestCase):
    def test_lines(self):
        for name, line, wanted in ROWS:
            with self.subTest(name):
                _, answers = explain(line)
                self.assertEqual(len(answers), 1)
                self.assertEqual({key: answers[0].get(key) for key in wanted}, wanted)

    def test_recipients_that_share_a_delivery(self):
        line = ("Nov  3 10:00:00 mx sm-mta[77]: nA3B1c2d001234: to=<frank@example.com>,<gina@example.com>, delay=00:00:05, mailer=esmtp, pri=3, "
                "relay=mx.example.com. [192.0.2.1], dsn=4.0.0, stat=Deferred: Connection refused by mx.example.com.")
        _, answers = explain(line)
        self.assertEqual([(answer["address"], answer["remote_ip"], answer["cause"]) for answer in answers],
                         [("frank@example.com", "192.0.2.1", "connection-failed"), ("gina@example.com", "192.0.2.1", "connection-failed")])

    def test_lines_and_replies_on_stdin(self):
        text = "\n".join([ROWS[0][1], "550 5.2.2 Mailbox full", *NO_DELIVERY, ROWS[3][1]]) + "\n"
        result, answers = explain(text=text)
        self.assertEqual(result.returncode, 0)
        self.assertEqual([a.get("address") for a in answers], ["alice@example.com", None, "dora@example.com"])

    def test_lines_without_a_delivery(self):
        for line in NO_DELIVERY:
            with self.subTest(line):
                result, answers = explain(line)
                self.assertEqual((result.returncode, answers), (0, []))

    def test_a_log(self):
        with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
            log.write("\n".join([row[1] for row in ROWS] + NO_DELIVERY + ["550 no log line"]) + "\n")
            log.flush()
            result, answers = explain("--log", log.name)
            self.assertEqual(result.returncode, 0)
            self.assertEqual(len(answers), len(ROWS))
            self.assertEqual(answers[0]["source"], log.name)
        result, answers = explain("--log", os.path.join(tempfile.gettempdir(), "no such log"))
        self.assertEqual((result.returncode, answers, result.stderr.count("\n")), (66, [], 1))


if __name__ == "__main__":
    unittest.main()
