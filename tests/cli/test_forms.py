"""The same bounce in other forms, as mail takes them on its way: the answer stays."""

import base64
import email
import os
import re
import tempfile
import unittest

from program import SAMPLES, ProgramTest, main

BOUNCES = os.path.join(SAMPLES, "bounces")

FOOTER = b"_" * 47 + b"\nClub mailing list\nClub@lists.example.org\nhttps://lists.example.org/club\n"


def texts(message):
    """The text parts before the returned message."""
    if message.get_content_maintype() == "message":
        return
    if message.is_multipart():
        for part in message.get_payload():
            yield from texts(part)
    elif message.get_content_type() == "text/plain":
        yield message


def with_texts(message, change):
    parsed = email.message_from_bytes(message)
    for part in texts(parsed):
        change(part)
    return parsed.as_bytes()


def encode(part, label):
    raw = part.get_payload(decode=True)
    del part["Content-Transfer-Encoding"]
    if label:
        part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(base64.encodebytes(raw).decode())


def footer(message):
    """As Mailman 2 does it: the whole becomes one part, the footer another."""
    header, body = message.split(b"\n\n", 1)
    fields = re.findall(rb"[^\n]+(?:\n[ \t][^\n]*)*", header)
    of_body = [field for field in fields if re.match(rb"(?i)content-|mime-version", field)]
    rest = [field for field in fields if field not in of_body]
    outer = [b"MIME-Version: 1.0", b'Content-Type: multipart/mixed; boundary="=====77=="']
    return (b"\n".join(rest + outer) + b"\n\n--=====77==\n" + b"\n".join(of_body) + b"\n\n" + body +
            b"\n--=====77==\nContent-Type: text/plain; charset=us-ascii\n\n" + FOOTER + b"\n--=====77==--\n")


def attached(message):
    return (b"Return-Path: <>\nFrom: MAILER-DAEMON@gate.example.org\nTo: club-owner@lists.example.org\n"
            b"Subject: *****SPAM***** see attachment\nMIME-Version: 1.0\n"
            b'Content-Type: multipart/mixed; boundary="=====88=="\n\n--=====88==\n\n'
            b"This mail was taken for spam. It is attached.\n\n--=====88==\nContent-Type: message/rfc822\n\n" +
            message + b"\n--=====88==--\n")


FORMS = {
    "CR LF": lambda m: m.replace(b"\n", b"\r\n"),
    "CR": lambda m: m.replace(b"\n", b"\r"),
    "an mbox line in front": lambda m: b"From MAILER-DAEMON Tue Mar 14 10:20:30 2006\n" + m,
    "base64": lambda m: with_texts(m, lambda part: encode(part, True)),
    "base64 without a label": lambda m: with_texts(m, lambda part: encode(part, False)),
    "a list's footer": footer,
    "attached by a scanner": attached,
    "the status as text": lambda m: re.sub(rb"(?i)message/(?:global-)?delivery-status", b"text/plain", m),
    "the status as unknown data": lambda m: re.sub(rb"(?i)message/(?:global-)?delivery-status",
                                                   b"application/octet-stream", m),
    "no last boundary": lambda m: re.sub(rb"\n--[^\n]+--\n*\Z", b"\n", m),
}


def told(answer):
    return answer["kind"], [tuple(r.get(key) for key in ("address", "action", "code", "status", "cause"))
                            for r in answer["recipients"]]


@unittest.skipUnless(os.path.isdir(BOUNCES), "no samples")
class Forms(ProgramTest):
    def answers(self, change):
        with tempfile.TemporaryDirectory() as folder:
            for name in sorted(os.listdir(BOUNCES)):
                with open(os.path.join(BOUNCES, name), "rb") as file:
                    message = file.read().replace(b"\r\n", b"\n")
                if message.startswith(b"From "):
                    message = message.split(b"\n", 1)[1]
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(change(message))
            return {os.path.basename(a["source"]): told(a)
                    for a in self.run_program("--json", "--brief", folder).objects}

    def test_the_answer_stays(self):
        wanted = self.answers(lambda message: message)
        self.assertTrue(wanted)
        for form, change in FORMS.items():
            found = self.answers(change)
            for name, answer in wanted.items():
                with self.subTest(form=form, sample=name):
                    self.assertEqual(found.get(name), answer)


NAMES = [f"{name}@example.{top}" for name in ("ann", "bob", "cleo", "dan") for top in ("com", "net", "org")]
REASONS = [("550", "5.1.1", "User unknown", "user-unknown"), ("552", "5.2.2", "Mailbox is full", "mailbox-full"),
           ("554", "5.7.1", "Message rejected as spam", "spam-content"),
           ("550", "5.7.1", "Client host blocked using zen.spamhaus.org", "ip-blocklisted")]
HEADING = "Your message could not be delivered to the following recipients:\n\n"
LISTS = {
    "colon": (HEADING, "{a}: {c} {s} {w}\n"),
    "words": (HEADING, "  {a}: {w}\n"),
    "numbers": (HEADING, "{n}. {a} - {c} {s} {w}\n"),
    "names": (HEADING, "  The Name <{a}>\n    {c} {s} {w}\n"),
    "blocks": ("Some mail could not be delivered.\n\n", "Recipient: {a}\nCode: {c}\nStatus: {s}\nReason: {w}\n\n"),
    "blocks that end with the recipient": ("Your mail was not delivered.\n\n", "Error: {c} {s} {w}\nRecipient: {a}\n\n"),
    "the recipient at the end": ("Your mail was not delivered.\n\n", "{c} {s} {w}: <{a}>\n"),
    "sentences of one line": ("Your message could not be delivered. ", "{a}: {c} {s} {w}. "),
    "brackets in one line": ("Your message could not be delivered to ", "{a} ({c} {s} {w}), "),
    "German": ("Ihre Nachricht konnte an diese Empfänger nicht zugestellt werden:\n\n", "{a}: {w}\n"),
    "Chinese": ("您的邮件无法投递给以下收件人：\n\n", "{a}：{w}\n"),
}


class Lists(ProgramTest):
    def read(self, text):
        (answer,) = self.run_program("--json", "--brief", stdin=(
            "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: list@example.edu\nSubject: Delivery failed\n"
            "Content-Type: text/plain; charset=utf-8\n\n" + text).encode()).objects
        return [(r["address"], r["action"], r.get("cause")) for r in answer["recipients"]]

    def test_each_has_its_own_reason(self):
        people = [(name, *REASONS[n % len(REASONS)]) for n, name in enumerate(NAMES)]
        for form, (heading, row) in LISTS.items():
            text = heading + "".join(row.format(n=n + 1, a=a, c=c, s=s, w=w)
                                     for n, (a, c, s, w, _) in enumerate(people))
            with self.subTest(form=form):
                self.assertEqual(self.read(text), [(a, "failed", cause) for a, _, _, _, cause in people])

    def test_none_has_the_reason_of_another(self):
        for form, (heading, row) in LISTS.items():
            if form == "the recipient at the end" or "one line" in form:
                continue
            for w in "see note 7", "":
                text = heading + "".join(row.format(n=n, a=a, c="" if n % 2 else "550", s="" if n % 2 else "5.1.1",
                                                    w=w if n % 2 else "User unknown")
                                         for n, a in enumerate(NAMES))
                with self.subTest(form=form, words=w):
                    unknown = [a for a, _, cause in self.read(text) if cause == "user-unknown"]
                    self.assertEqual(unknown, NAMES[::2])

    def test_none_on_a_line_has_the_reason_of_another(self):
        rows = (f"{a}: 550 5.1.1 User unknown. " if n % 2 == 0 else f"{a}: see note 7. " for n, a in enumerate(NAMES))
        unknown = [a for a, _, cause in self.read("Your message could not be delivered. " + "".join(rows) + "\n")
                   if cause == "user-unknown"]
        self.assertEqual(unknown, NAMES[::2])

    def test_the_returned_message_was_for_one_of_them(self):
        people = [(name, *REASONS[n % len(REASONS)]) for n, name in enumerate(NAMES)]
        rows = "".join(f"The mail for {a} failed: {c} {s} {w}\n" for a, c, s, w, _ in people)
        copy = f"\n------ This is a copy of the message ------\n\nFrom: list@example.edu\nTo: {NAMES[0]}\nSubject: June\n"
        self.assertEqual(self.read(HEADING + rows + copy), [(a, "failed", cause) for a, _, _, _, cause in people])

    def test_all_share_a_reason(self):
        rows = "".join(f"   {name}\n" for name in NAMES)
        wanted = [(name, "failed", "user-unknown") for name in NAMES]
        for form, text in (("below", HEADING + rows + "\nbecause the server said:\n\n   550 5.1.1 User unknown\n"),
                           ("above", "The server said \"550 5.1.1 User unknown\" for all of these:\n\n" + rows)):
            with self.subTest(form=form):
                self.assertEqual(self.read(text), wanted)

    def test_who_else_is_named_on_the_line(self):
        for told in ("Your message to bob@example.com could not be delivered, the mailbox is full.",
                     "Ihre Nachricht an bob@example.com konnte nicht zugestellt werden, das Postfach ist voll."):
            for more in ("Please write to desk@example.net.", "The message was sent by ann@example.org.",
                         "Use ann@example.net instead.", "Questions should be sent to admin.team@example.net.",
                         "Bei Fragen wenden Sie sich bitte an technik@example.net."):
                with self.subTest(told=told, more=more):
                    self.assertEqual(self.read(f"{told} {more}\n"), [("bob@example.com", "failed", "mailbox-full")])

    def test_whom_the_mail_did_reach(self):
        failed = HEADING + "   ann@example.com\n      550 5.1.1 User unknown\n\n"
        reached = "It was delivered to:\n\n   bob@example.net\n   cleo@example.org\n\n"
        wanted = [("ann@example.com", "failed", "user-unknown"), ("bob@example.net", "delivered", None),
                  ("cleo@example.org", "delivered", None)]
        self.assertEqual(self.read(failed + reached), wanted)
        self.assertEqual(self.read(reached.replace("It", "The message") + failed), wanted[1:] + wanted[:1])


if __name__ == "__main__":
    main()
