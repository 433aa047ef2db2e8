"""The sandbox is in force wherever foreign bytes are read, and changes no answer."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from program import FAILURE, PROGRAM, SAMPLES, SANITIZED, ProgramTest, children, main

HEAD = ("Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset={}\nContent-Transfer-Encoding: {}\n\n")
TEXT = "Delivery to the following recipient failed:\n\n   <aüжテ中한@example.com>: 550 5.1.1 user unknown üжテ中한\n"

# Some of each family, for the filter, which runs once for each.
COMMON = ["ISO-8859-1", "ISO-8859-2", "ISO-8859-15", "WINDOWS-1251", "KOI8-R", "UTF-8", "UTF-16", "UTF-16LE", "UTF-32", "UTF-7",
          "SHIFT_JIS", "EUC-JP", "ISO-2022-JP", "ISO-2022-KR", "EUC-KR", "GB18030", "GB2312", "BIG5", "BIG5-HKSCS", "IBM037",
          "IBM850", "MACINTOSH", "TIS-620", "ARMSCII-8"]


def mail(charset):
    """A bounce in a charset, as far as it has the characters; None where there is nothing of it."""
    done = subprocess.run(["iconv", "-c", "-f", "UTF-8", "-t", charset], input=TEXT.encode(), capture_output=True, check=False)
    return (HEAD.format(charset, "8bit").encode() + done.stdout) if done.stdout else None


# Takes a good while: many recipients, each with the same long reply.
SLOW = ("From: MAILER-DAEMON@example.net\nSubject: Undelivered Mail Returned to Sender\n\n"
        "The message that you sent was undeliverable to the following:\n"
        + "".join(f"\tu{i}@b.example\n" for i in range(10000))
        + "\nResponse: 550 5.1.1 " + "user said unknown host " * 170 + "\n").encode()


class Sandbox(ProgramTest):
    @unittest.skipUnless(shutil.which("iconv"), "no iconv")
    def test_every_charset_reads_the_same(self):
        names = subprocess.run(["iconv", "-l"], capture_output=True, text=True, check=True).stdout.split()
        for i, name in enumerate(names):
            a_mail = mail(name.strip("/"))
            if a_mail:
                self.put(f"mails/{i:04}.eml", a_mail)
        with_it = self.run_program("--json", "mails")
        without = self.run_program("--json", "--no-sandbox", "mails")
        self.assertEqual(with_it.bytes, without.bytes)
        self.assertEqual(with_it.err, without.err)
        read = [r.get("diagnostic", "") for line in without.bytes.splitlines() for r in json.loads(line)["recipients"]]
        for part in "üжテ中한":
            self.assertGreater(sum(part in text for text in read), 20, part)

    @unittest.skipUnless(shutil.which("iconv"), "no iconv")
    def test_every_charset_is_filtered_the_same(self):
        for name in COMMON:
            with self.subTest(name):
                with_it, without = [subprocess.run([PROGRAM, "filter", *option], input=mail(name), capture_output=True,
                                                   env=self.environment(), check=True).stdout
                                    for option in ([], ["--no-sandbox"])]
                self.assertEqual(with_it, without)
                self.assertIn(b"X-Bounce-Recipient:", with_it)

    def test_every_sample_reads_the_same(self):
        with_it = self.run_program("--json", SAMPLES)
        self.assertEqual(with_it.bytes, self.run_program("--json", "--no-sandbox", SAMPLES).bytes)
        self.assertGreater(with_it.bytes.count(b"\n"), 70)

    # ---- in force ----

    def restricted(self, pid):
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            return "\nSeccomp:\t2\n" in status.read()

    def wait_until(self, holds):
        for _ in range(1000):
            if holds():
                return True
            time.sleep(0.005)
        return False

    @unittest.skipIf(SANITIZED, "no seccomp with AddressSanitizer")
    def test_it_is_in_force_before_anything_is_read(self):
        for arguments in (["--json"], ["-q"], ["explain"], ["explain", "--log", "-"]):
            for option in ([], ["--no-sandbox"]):
                with self.subTest(arguments=arguments + option):
                    process = subprocess.Popen([PROGRAM, *arguments, *option], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                               env=self.environment())

                    def reads(pid=process.pid):
                        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
                            state = stat.read().rpartition(")")[2].split()[0]
                        with open(f"/proc/{pid}/syscall", encoding="ascii") as call:
                            return state == "S" and call.read().startswith("0 0x0 ")

                    try:
                        if os.uname().machine == "x86_64" and os.access(f"/proc/{process.pid}/syscall", os.R_OK):
                            self.assertTrue(self.wait_until(reads))
                        else:
                            time.sleep(1)
                        self.assertEqual(self.restricted(process.pid), not option)
                    finally:
                        process.communicate(FAILURE)

    @unittest.skipIf(SANITIZED, "no seccomp with AddressSanitizer")
    def test_the_filters_child_is_in_it_and_the_filter_is_not(self):
        process = subprocess.Popen([PROGRAM, "filter"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   env=self.environment())
        process.stdin.write(SLOW)
        process.stdin.close()

        def stop_child():
            for child in children(process.pid):
                if self.restricted(child):
                    os.kill(child, signal.SIGSTOP)
                    os.kill(child, signal.SIGKILL)
                    return True
            return False

        try:
            found = self.wait_until(stop_child)
        except OSError:
            found = False
        self.assertFalse(self.restricted(process.pid))
        out = process.stdout.read()
        process.stdout.close()
        self.assertEqual(process.wait(), 0)
        self.assertTrue(found, "no child in the sandbox was seen")
        self.assertEqual(out, SLOW)


main()
