"""Answers to read."""

import os
import pty
import subprocess

from program import DELAY, FAILURE, MAIL, PROGRAM, SUCCESS, ProgramTest, dsn, main

ACTIVE = "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"


class Text(ProgramTest):
    def test_a_failure(self):
        result = self.run_program(stdin=FAILURE)
        self.assertEqual((result.status, result.err), (0, ""))
        for part in ("alice@example.com: not delivered", "mx.example.com", "550 5.1.1 <alice@example.com>: User unknown",
                     "user-unknown", "for good", "What to do", " 1. "):
            self.assertIn(part, result.out)

    def test_other_kinds(self):
        self.assertIn("alice@example.com: not delivered yet", self.run_program(stdin=DELAY).out)
        self.assertIn("alice@example.com: delivered", self.run_program(stdin=SUCCESS).out)
        self.assertEqual(self.run_program(stdin=MAIL).out.count("\n"), 1)

    def test_german(self):
        for arguments, env in ((["--lang", "de"], {}), ([], {"LANG": "de_AT.UTF-8"}), ([], {"LC_ALL": "de_DE", "LANG": "fr_FR"})):
            out = self.run_program(*arguments, stdin=FAILURE, env=env).out
            self.assertIn("alice@example.com: nicht zugestellt", out)
            self.assertIn("Was zu tun ist", out)
        self.assertIn("not delivered", self.run_program("--lang", "en", stdin=FAILURE, env={"LANG": "de_DE.UTF-8"}).out)
        self.assertIn("not delivered", self.run_program(stdin=FAILURE, env={"LC_ALL": "C", "LANG": "de_DE.UTF-8"}).out)

    def test_lines_are_wrapped(self):
        out = self.run_program(stdin=dsn(reply="550 5.1.1 User unknown " + "word " * 200)).out
        self.assertLessEqual(max(map(len, out.splitlines())), 80)

    def test_brief(self):
        brief, full = self.run_program("--brief", stdin=FAILURE).out, self.run_program(stdin=FAILURE).out
        self.assertNotIn("What to do", brief)
        self.assertLess(len(brief), len(full))

    def test_several_messages_have_headings(self):
        self.put("f/a", FAILURE)
        self.put("f/\x1bb", MAIL)
        self.put("box", b"From x\n" + FAILURE)
        self.assertNotIn("==>", self.run_program("f/a").out)
        out = self.run_program("f", "box").out
        for part in ("==> f/a <==\n", "==> f/\\x1bb <==\n", "\n\n==> box [0] <==\n"):
            self.assertIn(part, out)

    def test_nothing_acts_on_the_terminal(self):
        evil = "\x1b[2J\x1b]0;owned\x07\u009b31m\x7f\u202egnp\u2066\udc9b\x08"
        out = self.run_program(stdin=dsn(address=f"a{evil}@example.com", reply=f"550 5.1.1 {evil} User unknown", subject=evil)).out
        self.assertIn("User unknown", out)
        self.assertNotRegex(out, ACTIVE)
        out = self.run_program("explain", f"550 {evil} User unknown").out
        self.assertNotRegex(out, ACTIVE)
        result = self.run_program(f"no{evil}such")
        self.assertNotRegex(result.err, ACTIVE)

    def on_terminal(self, **env):
        """What the program writes to a terminal of its own."""
        self.put("a", FAILURE)
        ours, theirs = pty.openpty()
        done = subprocess.Popen([PROGRAM, "a"], stdin=theirs, stdout=theirs, stderr=theirs, cwd=self.folder, env=self.environment(**env))
        os.close(theirs)
        out = b""
        try:
            while chunk := os.read(ours, 4096):
                out += chunk
        except OSError:  # the other side is closed
            pass
        os.close(ours)
        self.assertEqual(done.wait(), 0)
        return out.decode()

    def test_colour_on_a_terminal_only(self):
        self.assertIn("\x1b[", self.on_terminal())
        self.assertIn("\x1b[", self.on_terminal(NO_COLOR=""))
        self.assertNotIn("\x1b", self.on_terminal(NO_COLOR="1"))
        self.assertNotIn("\x1b", self.on_terminal(TERM="dumb"))
        self.assertNotIn("\x1b", self.run_program("a").out)

    def test_no_input_on_a_terminal(self):
        ours, theirs = pty.openpty()
        for command in ([], ["explain"]):
            done = subprocess.run([PROGRAM, *command], stdin=theirs, capture_output=True, env=self.environment(), check=False)
            self.assertEqual((done.returncode, done.stdout), (64, b""))
            self.assert_one_line(done.stderr.decode())
        os.close(ours)
        os.close(theirs)


main()
