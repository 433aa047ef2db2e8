"""bounceparse filter: nothing but its own fields and the renaming of forged ones may change, whatever the bytes."""

import os
import random
import re
import resource
import subprocess
import tempfile
import unittest

from program import PROGRAM, SAMPLES

OURS = re.compile(
    rb"^X-Bounce-(Kind|Recipient|Action|Status|Cause|Permanence|Advice|Vendor)(-\d+)?[ \t]*:", re.I
)


def run(mail, *options, program=None, **how):
    return subprocess.run(program or [PROGRAM, "filter", *options], input=mail, capture_output=True, **how)


def samples():
    for folder, _, names in sorted(os.walk(SAMPLES)):
        for name in sorted(names):
            if name.endswith(".eml"):
                with open(os.path.join(folder, name), "rb") as file:
                    yield name, file.read()


def without_block(out):
    """The mail without the block: our fields on top, behind a From_ line, with their folded lines."""
    lines = re.split(rb"(?<=\n)" if b"\n" in out else rb"(?<=\r)", out)
    at = 1 if out.startswith(b"From ") and len(lines) > 1 else 0
    start = at
    while at < len(lines) and (OURS.match(lines[at]) or (at > start and lines[at][:1] == b" ")):
        at += 1
    return b"".join(lines[:start] + lines[at:])


def renamed(mail):
    """The mail as the filter may change it: forged fields of the header become X-Old-Bounce-…"""
    lf = b"\n" in mail
    parts = re.split(rb"(\r\n|\n|\r)", mail)
    for i in range(0, len(parts), 2):
        empty = parts[i] == b"" and (i > 0 or len(parts) > 1)
        if empty and (not lf or (parts[i + 1 : i + 2] != [b"\r"] and (i == 0 or parts[i - 1] != b"\r"))):
            break
        if OURS.match(parts[i]):
            parts[i] = parts[i][:2] + b"Old-" + parts[i][2:]
    return b"".join(parts)


class Filter(unittest.TestCase):
    def check(self, mail, *options):
        result = run(mail, *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(without_block(result.stdout), renamed(mail))
        return result

    def test_samples(self):
        for name, mail in samples():
            with self.subTest(name):
                result = self.check(mail)
                self.assertIn(b"X-Bounce-Kind: ", result.stdout[:300])
                self.assertEqual(result.stderr, b"")

    def test_odd_bytes(self):
        rows = {
            "empty": b"",
            "one byte": b"x",
            "a line end": b"\n",
            "no final line end": b"Subject: x\n\nbody",
            "CRLF": b"Subject: x\r\n\r\nbody\r\n",
            "CR": b"Subject: x\r\rbody\r",
            "CR in a line": b"Subject: x\r\rX\nX-Bounce-Kind: failure\n\nbody\n",
            "NULs": b"Subject: x\n\n\0\0\0",
            "8-bit": bytes(range(256)),
            "From line": b"From a@b Mon Nov 23 10:00:00 2026\nSubject: x\n\nbody\n",
            "header only": b"Subject: x\n",
            "a mail that begins with an empty line": b"\nbody\n",
            "forged": b"X-Bounce-Kind: failure\nX-BOUNCE-advice-2 : remove\nSubject: x\n\nX-Bounce-Kind: body\n",
        }
        for name, mail in rows.items():
            with self.subTest(name):
                self.check(mail)

    def test_random_bytes(self):
        source = random.Random(1)
        seeds = [mail for _, mail in samples()]
        for i in range(60):
            mail = bytearray(source.choice(seeds))
            for _ in range(source.randrange(1, 40)):
                at = source.randrange(len(mail))
                mail[at : at + source.randrange(3)] = source.randbytes(source.randrange(4))
            with self.subTest(i):
                self.check(bytes(mail))

    def test_larger_than_the_limit(self):
        mail = b"X-Bounce-Kind: forged\nSubject: x\n\n" + b"body\n" * 50000
        result = run(mail, "--limit-message", "1K")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stdout, renamed(mail))
        self.assertEqual(result.stderr.count(b"\n"), 1)

    def test_bad_layer(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "replies"))
            with open(os.path.join(folder, "replies", "x.conf"), "w") as file:
                file.write("[x]\nnonsense=1\n")
            mail = b"X-Bounce-Kind: forged\nSubject: x\n\nbody"
            result = run(mail, "--patterns", folder)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stdout, renamed(mail))
        self.assertEqual(result.stderr.count(b"\n"), 1)
        self.assertIn(b"x.conf:2", result.stderr)

    def test_usage(self):
        self.assertEqual(run(b"", "--nonsense").returncode, 64)
        self.assertEqual(run(b"", "file").returncode, 64)

    def test_nobody_reads(self):
        """A pipe that is closed: the caller must keep the mail."""
        read, write = os.pipe()
        os.close(read)
        mail = b"Subject: x\n\n" + b"body\n" * 100000
        result = subprocess.run([PROGRAM, "filter"], input=mail, stdout=write, stderr=subprocess.PIPE)
        os.close(write)
        self.assertEqual(result.returncode, 75)
        self.assertEqual(result.stderr.count(b"\n"), 1)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([PROGRAM, "filter"], input=b"Subject: x\n\nbody", stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 75)

    def test_unreadable_input(self):
        folder = os.open("/", os.O_RDONLY)
        result = subprocess.run([PROGRAM, "filter"], stdin=folder, capture_output=True)
        os.close(folder)
        self.assertEqual(result.returncode, 75)
        self.assertEqual(result.stdout, b"")

    def test_child_that_is_starved(self):
        """Not enough time for the analysis: the mail goes out without a block."""
        if "asan" in os.environ.get("BOUNCEPARSE_BUILD", ""):
            self.skipTest("sanitizers need more")
        mail = b"Subject: x\n\n" + b"a" * 1000

        def starve():
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))

        if os.getuid() == 0:
            self.skipTest("root has no limit of processes")
        result = run(mail, preexec_fn=starve)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stdout, mail)


if __name__ == "__main__":
    unittest.main()
