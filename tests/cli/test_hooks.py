"""The sample hooks, run by procmail, maildrop and Dovecot's sieve themselves over the samples."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from program import PROGRAM, SAMPLES, SANITIZED
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


# A mail that brings fields of its own.
FORGED = (b"Return-Path: <>\nX-Bounce-Kind: failure\nX-Bounce-Advice: remove\nFrom: MAILER-DAEMON@mx.example.net\n"
          b"Auto-Submitted: auto-replied\nSubject: x\n\nbody\n")


EACH = 4 if SANITIZED else 1  # of the samples: with sanitizers a run takes long


def mails(each=EACH):
    return list(all_mails())[::each]


def all_mails():
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
        for body in ["exit 75", "head -c 20; exit 75", "kill -9 $$", "cat >/dev/null; exit 1"]:
            with self.subTest(body):
                self.deliver(self.rules("procmailrc", self.failing(body)), FORGED)
                self.assertEqual([(box, without_from(m).rstrip(b"\n")) for box, m in self.delivered()],
                                 [("", FORGED.rstrip(b"\n"))])


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
        for body in ["exit 75", "head -c 20; exit 75", "kill -9 $$", "kill -6 $$", "cat; exit 1", "exit 127"]:
            with self.subTest(body):
                result = self.deliver(self.rules("mailfilter", self.failing(body)), mail)
                self.assertEqual(result.returncode, 75)
                self.assertEqual(self.delivered(), [])


class Sieve(Hook):
    tool = "sieve-test"

    def setUp(self):
        super().setUp()
        self.user = os.getuid() or 65534  # Dovecot delivers for nobody as root
        try:
            subprocess.run([PROGRAM, "--version"], user=self.user if os.getuid() == 0 else None, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("the program lies where other users cannot run it")
        if os.getuid() == 0:
            os.chown(self.home, self.user, self.user)
        script = self.write("script", 'require "vnd.dovecot.filter";\n')
        if subprocess.run(["sieve-test", "-c", self.config(), "-x", "+vnd.dovecot.filter", script, script],
                          capture_output=True, check=False).returncode:
            self.skipTest("no sieve_extprograms")

    def config(self):
        return self.write("dovecot.conf", f"""protocols =
ssl = no
first_valid_uid = 1
mail_uid = {self.user}
mail_gid = {self.user}
mail_home = {self.home}
mail_location = maildir:{self.boxes}
plugin {{
  sieve_plugins = sieve_extprograms
  sieve_global_extensions = +vnd.dovecot.filter
  sieve_filter_bin_dir = {self.home}/bin
}}
""")

    def deliver(self, program, mail):
        os.makedirs(os.path.join(self.home, "bin"), exist_ok=True)
        link = os.path.join(self.home, "bin", "bounceparse")
        if os.path.lexists(link):
            os.unlink(link)
        os.symlink(program, link)
        with open(os.path.join(SAMPLES, "bounce.sieve"), encoding="utf-8") as file:
            script = self.write("bounce.sieve", file.read())
        path = os.path.join(self.home, "mail")
        with open(path, "wb") as file:
            file.write(mail)
        if os.getuid() == 0:
            for folder, _, names in os.walk(self.home):
                for name in [folder, *(os.path.join(folder, name) for name in names)]:
                    os.chown(name, self.user, self.user, follow_symlinks=False)
        return subprocess.run(["sieve-test", "-e", "-c", self.config(), "-x", "+vnd.dovecot.filter", "-l", f"maildir:{self.boxes}",
                               "-a", "bob@example.net", "-f", "a@example.net", script, path], capture_output=True)

    def delivered(self):
        found = []
        for folder, _, names in os.walk(self.boxes):
            if os.path.basename(folder) in ("new", "cur"):
                for name in names:
                    path = os.path.join(folder, name)
                    with open(path, "rb") as file:
                        found.append((os.path.relpath(os.path.dirname(folder), self.boxes), file.read()))
                    os.unlink(path)
        return [("" if box == "." else box, mail) for box, mail in found]

    def test_samples(self):
        """Those that the script has filtered: it leaves alone what is neither a report nor automatic."""
        n = 0
        for path, mail in mails(3 * EACH):  # a run of Dovecot's takes long
            head = mail.split(b"\n\n", 1)[0].replace(b"\r", b"").lower()
            asked = b"multipart/report" in head or b"\nauto-submitted: auto-" in head
            n += asked
            with self.subTest(os.path.basename(path)):
                result = self.deliver(PROGRAM, mail)
                self.assertEqual(result.returncode, 0, result.stderr)
                found = self.delivered()
                self.assertEqual(len(found), 1)
                self.assertEqual(found[0][0], expected_folder(path) if asked else "")
                # Dovecot ends lines in LF or CRLF as the mail does in its first, and drops a From_ line.
                self.assertEqual(self.plain(without_block(found[0][1])), self.plain(renamed(mail)))
                self.assertEqual(b"X-Bounce-Kind: " in found[0][1][:200], asked)
        self.assertGreater(n, 15 // EACH)

    @staticmethod
    def plain(mail):
        return without_from(mail.replace(b"\r\n", b"\n")).rstrip(b"\n")

    def test_broken_filters_keep_the_mail(self):
        for body in ["exit 75", "head -c 20; exit 75", "kill -9 $$", "cat >/dev/null; exit 1"]:
            with self.subTest(body):
                self.deliver(self.failing(body), FORGED)
                self.assertEqual([(box, self.plain(m)) for box, m in self.delivered()], [("", self.plain(FORGED))])

    def test_what_is_not_filtered_is_not_sorted(self):
        mail = FORGED.replace(b"Auto-Submitted: auto-replied\n", b"")
        self.deliver(PROGRAM, mail)
        self.assertEqual([(box, self.plain(m)) for box, m in self.delivered()], [("", self.plain(mail))])

    def write(self, name, text):
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return path


if __name__ == "__main__":
    unittest.main()
