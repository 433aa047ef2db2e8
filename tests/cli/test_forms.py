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


if __name__ == "__main__":
    main()
