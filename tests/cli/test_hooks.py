"""The sample hooks, run by procmail, maildrop and Dovecot's sieve themselves over the samples."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from program import PROGRAM, SAMPLES
from test_filter import renamed, without_block

FOLDERS = {
    "delay": ".Bounces.Notices",
    "success": ".Bounces.Notices",
    "receipt": ".Bounces.Notices",
    "complaint": ".Bounces.Complaints",
    "auto-reply": ".Auto",
    "challenge": ".Auto",
    "other": "",
}


def mails():
    for folder, _, names in sorted(os.walk(SAMPLES)):
        for name in sorted(names):
            if name.endswith(".eml"):
                with open(os.path.join(folder, name), "rb") as file:
                    yield os.path.join(folder, name), file.read()


def expected_folder(path):
    """Where the hooks should put a mail, by what the program says of it."""
    out = subprocess.run([PROGRAM, "--json", path], capture_output=True).stdout
    answer = json.loads(out)
    if answer["kind"] != "failure":
        return FOLDERS[answer["kind"]]
    advice = [r.get("advice") for r in answer["recipients"][:20]]
    return ".Bounces.Remove" if "remove" in advice else ".Bounces.Fix" if "fix" in advice else ".Bounces"


class Hook(unittest.TestCase):
    tool = None

    def setUp(self):
        if not shutil.which(self.tool):
            self.skipTest(f"no {self.tool}")
        self.home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.home)
        self.boxes = os.path.join(self.home, "Maildir")
        for folder in ["", ".Bounces", ".Bounces.Remove", ".Bounces.Fix", ".Bounces.Notices", ".Bounces.Complaints", ".Auto"]:
            for part in ["cur", "new", "tmp"]:
                os.makedirs(os.path.join(self.boxes, folder, part))

    def rules(self, name, program):
        """The sample with the program's path put in."""
        with open(os.path.join(SAMPLES, name), encoding="utf-8") as file:
            text = file.read()
        text = text.replace("BOUNCEPARSE=bounceparse", f"BOUNCEPARSE={program}")
        text = text.replace('BOUNCEPARSE="bounceparse"', f'BOUNCEPARSE="{program}"')
        # maildrop takes HOME from the password file.
        text = text.replace('BOX="$HOME/Maildir"', f'BOX="{self.boxes}"')
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path

    def failing(self, body):
        """A program that stands for a filter that breaks."""
        path = os.path.join(self.home, "broken")
        with open(path, "w") as file:
            file.write(f"#!/bin/sh\n{body}\n")
        os.chmod(path, 0o755)
        return path

    def delivered(self):
        found = []
        for folder, _, names in os.walk(self.boxes):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found.append((os.path.relpath(os.path.dirname(folder), self.boxes), file.read()))
                os.unlink(path)
        return [("" if box == "." else box, mail) for box, mail in found]

    def deliver_samples(self, deliver, unchanged):
        for path, mail in mails():
            with self.subTest(os.path.basename(path)):
                result = deliver(mail)
                self.assertEqual(result.returncode, 0, result.stderr)
                found = self.delivered()
                self.assertEqual(len(found), 1)
                self.assertEqual(found[0][0], expected_folder(path))
                self.assertEqual(unchanged(without_block(found[0][1])), unchanged(renamed(mail)))


def without_from(mail):
    """Without what the delivery agents change themselves: the From_ line, and procmail Content-Length."""
    mail = mail.split(b"\n", 1)[1] if mail.startswith(b"From ") else mail
    return re.sub(rb"(?mi)^Content-Length:.*\n", b"", mail)


class Procmail(Hook):
    tool = "procmail"

    def deliver(self, rules, mail):
        return subprocess.run(["procmail", f"HOME={self.home}", "LOGFILE=/dev/null", rules],
                              input=mail, capture_output=True, env={**os.environ, "HOME": self.home})

    def test_samples(self):
        rules = self.rules("procmailrc", PROGRAM)
        # procmail adds an empty line where a mail does not end in one line end.
        self.deliver_samples(lambda mail: self.deliver(rules, mail), lambda mail: without_from(mail).rstrip(b"\n"))

    def test_broken_filters_keep_the_mail(self):
        mail = b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nSubject: x\n\nbody\n"
        for body in ["exit 75", "head -c 20; exit 75", "kill -9 $$", "cat >/dev/null; exit 1"]:
            with self.subTest(body):
                self.deliver(self.rules("procmailrc", self.failing(body)), mail)
                self.assertEqual([without_from(m).rstrip(b"\n") for _, m in self.delivered()], [mail.rstrip(b"\n")])


class Maildrop(Hook):
    tool = "maildrop"

    def deliver(self, rules, mail):
        return subprocess.run(["maildrop", rules],
                              input=mail, capture_output=True, env={**os.environ, "HOME": self.home})

    def test_samples(self):
        rules = self.rules("mailfilter", PROGRAM)
        # maildrop ends the last line and drops a From_ line.
        self.deliver_samples(lambda mail: self.deliver(rules, mail), lambda mail: without_from(mail).rstrip(b"\n"))

    def test_broken_filters_defer(self):
        """A temporary failure: the mail system keeps the mail."""
        mail = b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nSubject: x\n\nbody\n"
        for body in ["exit 75", "head -c 20; exit 75", "kill -9 $$"]:
            with self.subTest(body):
                result = self.deliver(self.rules("mailfilter", self.failing(body)), mail)
                self.assertEqual(result.returncode, 75)
                self.assertEqual(self.delivered(), [])


class Sieve(Hook):
    tool = "sieve-test"

    def test_the_script_compiles_and_files(self):
        """sieve-test shows where a marked mail would go; the filter itself runs in Dovecot only."""
        with open(os.path.join(SAMPLES, "bounce.sieve"), encoding="utf-8") as file:
            text = file.read()
        text = text.replace('"vnd.dovecot.filter", ', "").replace('filter "bounceparse" ["filter"];', "keep;")
        user = os.getuid() or 65534
        config = self.write("dovecot.conf", f"""protocols =
ssl = no
first_valid_uid = 1
mail_uid = {user}
mail_gid = {user}
mail_home = {self.home}
mail_location = maildir:{self.home}/boxes
""")
        script = self.write("bounce.sieve", text)
        if os.getuid() == 0:
            os.chmod(self.home, 0o777)
        rows = [("failure", "remove", "Bounces.Remove"), ("failure", "fix", "Bounces.Fix"),
                ("failure", "review", "Bounces"), ("delay", "retry", "Bounces.Notices"),
                ("complaint", "remove", "Bounces.Complaints"), ("auto-reply", "", "Auto")]
        for kind, advice, box in rows:
            mail = self.write("mail", f"X-Bounce-Kind: {kind}\nX-Bounce-Advice: {advice}\nFrom: a@example.com\n\nbody\n")
            result = subprocess.run(["sieve-test", "-c", config, script, mail], capture_output=True, text=True)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertRegex(result.stdout, f"folder: {re.escape(box)}\n")

    def write(self, name, text):
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return path


if __name__ == "__main__":
    unittest.main()
