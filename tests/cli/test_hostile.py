"""Messages made to crash the program, to keep it busy or to fill the memory: each must be answered, within its limits."""

import json
import subprocess
import sys
import unittest

from program import FAILURE, PROGRAM, SANITIZED, VALIDATOR, ProgramTest

SECONDS = 60  # far more than it takes: machines may be busy
CPU_SECONDS = 4  # of the program alone: twice what is promised, for slow ones
TEXT = 256 * 1024

MANY = 100000 if SANITIZED else 1000000

# Runs a command and writes its peak memory, in KiB, and its seconds of computing as the last line to stderr. A process
# counts what its parent held before it became another program, so that the parent must be small.
MEASURE = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stderr.write("%d %f\\n" % (used.ru_maxrss, used.ru_utime + used.ru_stime))
sys.exit(status)
"""

HEAD = ("Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: bob@example.net\n"
        "Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n")
NOTICE = "Delivery has failed to these recipients: user unknown\n"
REPORT = HEAD + 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
STATUS = "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"


def text(body, head=""):
    return HEAD + "Content-Type: text/plain; charset=utf-8\n" + head + "\n" + body


def repeated(unit, size=TEXT):
    return unit * (size // len(unit.encode()))


def groups(n, reply="550 5.1.1 User unknown", address="user{}@example.com"):
    return "".join(f"Final-Recipient: rfc822; {address.format(i)}\nAction: failed\nDiagnostic-Code: smtp; {reply}\n\n"
                   for i in range(n))


def addresses(n, separator):
    return separator.join(f"u{i}@example.com" for i in range(n))


def report(fields, notice="x\n"):
    return REPORT + "--b\n\n" + notice + STATUS + fields + "--b--\n"


# Name, message, how many recipients (None: any), what is truncated (None: anything).
MESSAGES = [
    ("recipients without end", report(groups(max(MANY // 2, 150000))), 10000, ["text", "recipients"]),
    ("recipients of a few bytes",
     report("".join(f"Final-Recipient: rfc822; u{i}@b.c\nAction: failed\n\n" for i in range(max(MANY, 300000)))), 10000,
     ["text", "recipients"]),
    ("recipients that the text does not name", report(groups(10000), repeated("Nothing of anybody here. ") + "\n"), 10000, []),
    ("long diagnostics", report(groups(3000, "550 " + "said host user unknown " * 180)), None, ["text"]),
    ("long names of fields", report(("A" * 1000000 + ": x\n") * 8 + groups(1)), None, None),
    ("many diagnostics of one recipient",
     report("".join(f"Final-Recipient: rfc822; u{i}@example.com\nDiagnostic-Code: smtp; {'4' * 60000}\n"
                    + "Diagnostic-Code: 550 5.1.\n" * 1900 + "\n" for i in range(40))), 40, []),
    ("codes of characters that do not end",
     report("".join(f"Final-Recipient: utf-8; {chr(92) + 'x{'}{'@[' * 20000}u{i}@example.com\n\n" for i in range(60))),
     None, None),
    ("addresses in To", "To: " + addresses(2 * MANY, ", ") + "\n" + text(NOTICE), None, ["headers"]),
    ("multiparts in one another",
     HEAD + "".join(f'Content-Type: multipart/mixed; boundary="b{i}"\n\n--b{i}\n' for i in range(10000)) + "\nx\n",
     None, None),
    ("messages in one another", HEAD + "Content-Type: message/rfc822\n\n" * 20000 + "\nx\n", None, None),
    ("parts", HEAD + "Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * MANY + "--b--\n", None,
     ["parts"]),
    ("boundaries in turn",
     HEAD + "".join(f"Content-Type: multipart/mixed; boundary={b}\n\n--{b}\n" for b in "ab" * 2000) + "\nx\n"
     + "--a--\n--b--\n" * 2000, None, None),
    ("one boundary again and again",
     HEAD + "Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 200000 + "\nx\n" + "--a--\n" * 200000, None, None),
    ("boundaries that begin one another",
     HEAD + "".join(f"Content-Type: multipart/mixed; boundary={'a' * i}\n\n--{'a' * i}\n" for i in range(1, 60))
     + "\nx\n" + "".join(f"--{'a' * (i % 61)}\n" for i in range(MANY // 10)), None, None),
    ("an empty boundary", HEAD + 'Content-Type: multipart/mixed; boundary=""\n\n' + "--\n\nx\n" * MANY, None, None),
    ("a long boundary", HEAD + f"Content-Type: multipart/mixed; boundary={'a' * 1000000}\n\n" + f"--{'a' * 1000000}\n\nx\n" * 20,
     None, None),
    ("base64 of blanks", text(" \t\r\n" * (MANY * 10), "Content-Transfer-Encoding: base64\n"), None, None),
    ("base64 of padding", text("=" * (MANY * 50), "Content-Transfer-Encoding: base64\n"), None, None),
    ("one line", text("a" * 100000000), None, ["input", "text"]),
    ("a header", "Subject: " + "x" * 50000000 + "\n" + text(NOTICE), None, ["headers"]),
    ("header lines", "X-A: b\n" * (5 * MANY) + text(NOTICE), None, ["headers"]),
    ("folded lines", "Subject: a" + "\n b" * (10 * MANY) + "\n" + text(NOTICE), None, ["headers"]),
    ("one recipient on a long line", text(NOTICE + repeated("a@b.example ")), None, None),
    ("many recipients on a long line", text(NOTICE + addresses(14000, " ")), None, None),
    ("many recipients that share their replies",
     text(NOTICE + "".join(" ".join(f"a{400 * k + i}@b.example" for i in range(200)) + "\n550 5.1.1 "
                           + "x y said user " * 290 + "\n\n" for k in range(30))), None, None),
    ("a reply for all",
     text("The message that you sent was undeliverable to the following:\n"
          + "".join(f"\tu{i}@b.example\n" for i in range(10000)) + "\nResponse: 550 5.1.1 "
          + "user said unknown host " * 170 + "\n"), 10000, ["text"]),
    ("marks before addresses", text(NOTICE + "<" * 128000 + addresses(7000, " ")), None, None),
    ("one recipient again and again in a header",
     text("This message was created automatically by mail delivery software.\n\n" + " " * 250000,
          ("X-Failed-Recipients: " + "a@b.example," * 5000 + "\n") * 4), 1, None),
    ("paths made for recipients",
     HEAD.replace("bob@", "b-" + "a-" * 20000 + "=a" * 20000 + "@") + "\n" + NOTICE, None, None),
    ("a paragraph that is cut in a character",
     report(groups(1), "user0@example.com x" + "\U0001f600" * 3000 + "\n"), 1, []),
    ("UTF-16", text(NOTICE).replace("utf-8", "utf-16").encode() + b"\xff\xfe" + b"\x00\xd8A\x00" * 60000, None, None),
    ("NULs", text(NOTICE).encode() + b"\0" * 1000000, None, None),
    ("a long charset", text(NOTICE).replace("utf-8", "x" * 1000000), None, None),
    ("all bytes", text(NOTICE).encode() + bytes(range(256)) * 4000, None, None),
] + [
    ("HTML that is larger than the limit",
     text("<p>x <b>bounce</b> &amp; <a href=x>y</a></p>\n" * 1600000).replace("plain", "html"), None, ["input", "text"]),
] + [
    ("HTML: " + name, (HEAD + "Content-Type: text/html; charset=utf-8\n\n" + unit * 200000 + NOTICE), None, None)
    for name, unit in [("elements", "<div><table><tr><td>"), ("attributes", "<p a=b c=d "), ("marks", "<<<&&&"),
                       ("comments", "<!--"), ("scripts", "<script>")]
] + [
    ("text of " + json.dumps(unit), text(NOTICE + repeated(unit)), None, None)
    for unit in ["a@b.", "550 ", "550 5.1.1 ", "host ", "said: 550 ", "(", "<", " ", "\n", "\n \n", "a", "1", "To: <", "@[",
                 '"@', "-", "a.", "a:", "RCPT TO:<", "[192.0.2.1] ", "<a@b.example>: ", "\\x{", "> \n", "a=b.example@",
                 "Received: x\n", "Final-Recipient: a\nAction: x\n", "failed to deliver ", "\u4e2d", "\U0001f600", "\u00a0"]
]


class Hostile(ProgramTest):
    def measure(self, *arguments, **more):
        command = [sys.executable, "-S", "-E", "-c", MEASURE, PROGRAM, *arguments]
        environment = self.environment()
        environment.pop("MALLOC_PERTURB_", None)  # it touches memory that the program does not use
        done = subprocess.run(command, capture_output=True, cwd=self.folder, env=environment, timeout=SECONDS,
                              check=False, **more)
        err, _, used = done.stderr.rstrip(b"\n").rpartition(b"\n")
        self.assertEqual(err, b"")
        return done, self.spent(used)

    def spent(self, used):
        """The KiB of memory that were used; the time is held against the limit."""
        memory, seconds = used.split()
        if not SANITIZED:
            self.assertLess(float(seconds), CPU_SECONDS)
        return int(memory)

    def assert_memory(self, used, size):
        if not SANITIZED:
            self.assertLessEqual(used, 64 * 1024 + 4 * size // 1024)

    def test_messages(self):
        for name, mail, n_recipients, truncated in MESSAGES:
            with self.subTest(name):
                mail = mail if isinstance(mail, bytes) else mail.encode()
                self.put("mail.eml", mail)
                done, memory = self.measure("--json", "mail.eml")
                self.assertIn(done.returncode, (0, 1))
                answer = json.loads(done.stdout)
                recipients = answer["recipients"]
                answer["recipients"] = recipients[:10] + recipients[-10:]
                VALIDATOR.validate(answer)
                self.assert_memory(memory, len(mail))
                if n_recipients is not None:
                    self.assertEqual(len(recipients), n_recipients)
                if truncated is not None:
                    self.assertEqual(answer.get("truncated", []), truncated)

    def test_filter(self):
        """The mail comes out whole."""
        whole = [row for row in MESSAGES if not row[0].startswith("text of ")]
        for name, mail, _, _ in whole[:: 4 if SANITIZED else 1]:
            with self.subTest(name):
                mail = mail if isinstance(mail, bytes) else mail.encode()
                self.put("mail.eml", mail)
                with open(self.path("mail.eml"), "rb") as stdin:
                    command = [sys.executable, "-S", "-E", "-c", MEASURE, PROGRAM, "filter"]
                    done = subprocess.run(command, stdin=stdin, capture_output=True, timeout=SECONDS, check=False,
                                          env=self.environment())
                self.assertEqual(done.returncode, 0)
                self.assertTrue(done.stdout.endswith(mail))
                self.assertLess(len(done.stdout) - len(mail), 64 * 1024)
                self.assert_memory(self.spent(done.stderr.splitlines()[-1]), len(mail))

    def test_a_long_address_takes_no_other_field_away(self):
        mail = FAILURE.replace(b"alice@", b"a" * 60000 + b"@", 1)
        done = subprocess.run([PROGRAM, "filter"], input=mail, capture_output=True, check=False)
        self.assertIn(b"X-Bounce-Kind: failure\n", done.stdout)
        self.assertNotIn(b"X-Bounce-Recipient:", done.stdout)
        self.assertIn(b"X-Bounce-Cause: ", done.stdout)

    def test_replies(self):
        units = ["a", "a ", "1", "x.", "<a@b> 550 ", "[192.0.2.1] ", "http://a/", "(", "550 ", "550-", "5.1.1 ", "user ",
                 "mailbox full ", "blocked using ", "\u00a0", "\U0001f600", "listed at zen.spamhaus.org ", "host said: 550 "]
        replies = ["550 " + repeated(unit, 5000) for unit in units]
        done, memory = self.measure("explain", "--json", "--null", input="\0".join(replies).encode())
        self.assertEqual(done.returncode, 0)
        answers = done.stdout.splitlines()
        self.assertEqual(len(answers), len(replies))
        for answer in answers:
            VALIDATOR.validate(json.loads(answer))
        self.assert_memory(memory, 5000 * len(replies))

    def test_logs(self):
        line = "Nov 23 10:00:00 mx postfix/smtp[1]: ABC: to=<"
        end = "@b.example>, relay=mx.b.example[192.0.2.1]:25, delay=1, dsn=5.1.1, status=bounced (host said: 550 "
        self.put("log", f"{line}{'a' * 1000000}{end}x)\n" * 5 + f"{line}a{end}{'x ' * 500000})\n" * 5
                 + f"{line}a{end}x)\n")
        done, memory = self.measure("explain", "--json", "--log", "log")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["address"], "a@b.example")
        self.assert_memory(memory, 10000000)


if __name__ == "__main__":
    unittest.main()
