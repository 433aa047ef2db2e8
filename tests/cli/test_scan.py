"""Whole folders: formats that say the same, the history, moving what was read, and runs that are broken off."""

import csv
import gzip
import io
import json
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from program import DELAY, FAILURE, MAIL, PROGRAM, SANITIZED, SUCCESS, ProgramTest, children, dsn, main

FROM = b"From MAILER-DAEMON Mon Nov 23 10:00:00 2026\n"


def bounce(n, **more):
    """The n-th of many that differ."""
    return dsn(address=f"user{n}@d{n % 7}.example", subject=f"Mail {n}", **more)


class ScanTest(ProgramTest):
    def fill(self, n, folder="m", first=0):
        """A Maildir of n messages."""
        for name in ("cur", "new", "tmp"):
            os.makedirs(self.path(f"{folder}/{name}"), exist_ok=True)
        for i in range(first, first + n):
            name = f"cur/{1790000000 + i}.M{i}P1.host:2,S" if i % 2 else f"new/{1790000000 + i}.M{i}P1.host"
            self.put(f"{folder}/{name}", bounce(i))

    def query(self, sql, db="h.db"):
        with sqlite3.connect(self.path(db)) as database:
            return database.execute(sql).fetchall()

    def names(self, folder):
        return sorted(os.listdir(self.path(folder)))

    def scan(self, *arguments, status=0, err="", **more):
        result = self.run_program("scan", *arguments, **more)
        self.assertEqual((result.status, result.err), (status, err))
        return result


class Formats(ScanTest):
    def test_all_say_the_same(self):
        self.fill(120)
        self.put("m/cur/delay:2,", DELAY)
        self.put("m/cur/mail:2,", MAIL)
        self.put("m/cur/ok:2,", SUCCESS)
        objects = self.scan("--format", "jsonl", "m").objects
        self.scan("--db", "h.db", "m")
        rows = list(csv.DictReader(io.StringIO(self.scan("--format", "csv", "m").bytes.decode(), newline="")))
        of_json = [(r["address"], r["action"], r.get("status"), r.get("cause"), r.get("diagnostic"))
                   for an_object in objects for r in an_object["recipients"]]
        of_csv = [tuple(row[name] or None for name in ("address", "action", "status", "cause", "diagnostic")) for row in rows]
        self.assertEqual(of_csv, of_json)
        self.assertEqual(len(of_json), 122)
        of_db = self.query("SELECT address, action, status, cause, diagnostic FROM recipients ORDER BY message, position")
        self.assertEqual(of_db, of_json)
        self.assertEqual(self.query("SELECT count(*) FROM messages"), [(123,)])

    def test_as_the_main_command(self):
        """The same objects in the same order, whoever reads."""
        self.fill(200)
        want = self.run_program("--json", "m").bytes
        for jobs in "1", "3":
            self.assertEqual(self.scan("--format", "jsonl", "--jobs", jobs, "m").bytes, want)
            self.assertEqual(self.run_program("--json", "--jobs", jobs, "m").bytes, want)
        self.assertEqual(self.run_program("--jobs", "2", "m").bytes, self.run_program("m").bytes)

    def test_values_of_all_sorts_in_csv(self):
        reply = '550 5.1.1 "a, b"; said: unknown \u00fc'
        self.put("a.eml", dsn(reply=reply, address='"x, y"@example.com'))
        (row,) = csv.DictReader(io.StringIO(self.scan("--format", "csv", "a.eml").bytes.decode(), newline=""))
        self.assertEqual(row["diagnostic"], reply)
        self.assertEqual(row["address"], '"x, y"@example.com')
        self.assertEqual(row["date"], "2026-11-23T09:00:00Z")
        lines = self.scan("--format", "csv", "a.eml").bytes.split(b"\r\n")
        self.assertEqual((len(lines), lines[-1]), (3, b""))

    def test_output_is_whole_or_not_at_all(self):
        self.fill(3)
        self.put("old.csv", "old")
        self.scan("--format", "csv", "--output", "old.csv", "m")
        with open(self.path("old.csv"), encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), 4)
        result = self.run_program("scan", "--output", "none/x", "m")
        self.assertEqual(result.status, 73)
        self.assert_one_line(result.err, "none/x: ")
        self.assertEqual(sorted(os.listdir(self.folder)), ["m", "old.csv"])

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_a_full_disk(self):
        self.fill(3)
        result = self.run_program("scan", "--format", "jsonl", "--output", "/dev/full", "m")
        self.assertEqual(result.status, 73)
        self.assert_one_line(result.err, "/dev/full: ")

    def test_usage(self):
        for arguments, part in [(["--move-to", "x", "m"], "--move-to: "), (["--mark-seen", "m"], "--mark-seen: "),
                                (["--forget", "3", "m"], "--forget: "), (["--format", "xml", "m"], "--format xml: "),
                                (["--jobs", "0", "m"], "--jobs 0: "), (["--jobs", "x", "m"], "--jobs x: "),
                                (["--kind", "failure", "m"], "--kind: ")]:
            result = self.run_program("scan", *arguments)
            self.assertEqual((result.status, result.out), (64, ""))
            self.assert_one_line(result.err, part)


class Sources(ScanTest):
    def addresses(self, *arguments, **more):
        objects = self.scan("--format", "jsonl", *arguments, **more).objects
        return [o["recipients"][0]["address"] for o in objects]

    def test_of_all_sorts(self):
        self.put("a.eml", bounce(1))
        self.put("f/x", bounce(2))
        self.put("box", FROM + bounce(3) + b"\n" + FROM + bounce(4) + b"\n")
        self.put("list", b"f\0a.eml\0")
        self.assertEqual(self.addresses("box", "f", "-", "--files-from", "list", stdin=bounce(5)),
                         ["user3@d3.example", "user4@d4.example", "user2@d2.example", "user5@d5.example",
                          "user2@d2.example", "user1@d1.example"])

    def test_an_mbox_with_quoted_lines(self):
        mail = FAILURE.replace(b"Your message", b">From here\n>>From there\nYour message")
        self.put("box", FROM + mail + b"\n" + FROM + FAILURE + b"\n")
        first, second = self.scan("--format", "jsonl", "box").objects
        self.assertEqual((first["index"], second["index"], second["offset"]), (0, 1, len(FROM + mail) + 1))
        self.assertEqual(self.run_program("--json", "box").bytes, self.scan("--format", "jsonl", "box").bytes)

    def test_compressed_messages(self):
        self.put("m/cur/1:2,S", gzip.compress(bounce(1)))
        self.put("m/cur/2:2,S", gzip.compress(bounce(2)[:200]) + gzip.compress(bounce(2)[200:]))
        self.put("m/cur/3:2,S", gzip.compress(bounce(3))[:-12])
        os.makedirs(self.path("m/new"))
        os.makedirs(self.path("m/tmp"))
        self.assertEqual(self.addresses("m"), ["user1@d1.example", "user2@d2.example", "user3@d3.example"])
        self.assertEqual(self.addresses("-", stdin=gzip.compress(bounce(4))), ["user4@d4.example"])
        result = self.run_program("--json", "--limit-message", "1M", stdin=gzip.compress(b"A: b\n\n" + bytes(9000000)))
        self.assertEqual(result.objects[0]["truncated"], ["input"])

    def test_names_of_any_bytes(self):
        self.put(b"m/cur/\xff\n;:2,S", bounce(1))
        self.put("m/new/x", bounce(2))
        self.put("m/tmp/x", bounce(3))
        self.scan("--db", "h.db", "m")
        self.assertEqual(self.query("SELECT source FROM messages ORDER BY id"), [("m/cur/\ufffd\n;:2,S",), ("m/new/x",)])

    def test_what_cannot_be_read(self):
        self.put("f/a.eml", FAILURE)
        self.put("f/b.bin", bytes(100))
        self.put("empty.eml", b"")
        result = self.run_program("scan", "--format", "jsonl", "f", "none", "empty.eml")
        self.assertEqual(result.status, 66)
        self.assertEqual([o.get("error", {}).get("code") for o in result.objects], [None, 66, 65])
        self.assertEqual(len(result.err.splitlines()), 3)
        self.assertEqual(self.run_program("scan", "f").status, 0)


class History(ScanTest):
    def test_a_second_run_adds_nothing(self):
        self.fill(150)
        self.scan("--db", "h.db", "m")
        before = self.query("SELECT * FROM messages"), self.query("SELECT * FROM recipients")
        self.scan("--db", "h.db", "m")
        self.assertEqual((self.query("SELECT * FROM messages"), self.query("SELECT * FROM recipients")), before)
        self.fill(1, first=150)
        self.scan("--db", "h.db", "m")
        self.assertEqual(self.query("SELECT count(*) FROM messages"), [(151,)])

    def test_known_again_though_changed(self):
        """By another name, from an mbox, with what readers and the filter add."""
        self.put("m/a.eml", FAILURE)
        self.scan("--db", "h.db", "m")
        os.remove(self.path("m/a.eml"))
        self.put("m/b.eml", b"Status: RO\nX-Keywords: a\n b\n" + FAILURE)
        self.put("box", FROM + FAILURE + b"\n")
        self.put("m/c.eml", subprocess.run([PROGRAM, "filter"], input=FAILURE, capture_output=True, check=True).stdout)
        self.scan("--db", "h.db", "m", "box")
        self.assertEqual(self.query("SELECT count(*) FROM messages"), [(1,)])

    def test_messages_without_recipients_are_kept(self):
        self.put("a.eml", MAIL)
        self.scan("--db", "h.db", "a.eml")
        self.assertEqual(self.query("SELECT kind FROM messages"), [("other",)])

    def test_the_day(self):
        undated = re.sub(rb"\nDate: [^\n]*", b"", FAILURE, count=1)
        far = FAILURE.replace(b"Date: Mon, 23 Nov 2026", b"Date: Mon, 23 Nov 2099", 1)
        self.put("m/cur/1700000000.M1P1.host:2,S", undated)
        self.put("m/cur/1700100000.M1P1.host:2,S", far)
        os.makedirs(self.path("m/new"))
        os.makedirs(self.path("m/tmp"))
        self.put("box", b"From a@b Thu Jan  1 00:00:01 2026\n" + undated.replace(b"alice", b"bob") + b"\n")
        self.put("x.eml", undated.replace(b"alice", b"carol"))
        os.utime(self.path("x.eml"), (1600000000, 1600000000))
        self.scan("--db", "h.db", "m", "box", "x.eml")
        self.assertEqual(self.query("SELECT day FROM messages ORDER BY id"),
                         [("2023-11-14",), ("2023-11-16",), ("2026-01-01",), ("2020-09-13",)])

    def test_forget(self):
        self.put("old.eml", FAILURE.replace(b"2026", b"2020"))
        self.put("new.eml", MAIL)
        self.scan("--db", "h.db", "--forget", "400", "old.eml", "new.eml")
        self.assertEqual(self.query("SELECT kind FROM messages"), [("other",)])
        self.assertEqual(self.query("SELECT count(*) FROM recipients"), [(0,)])

    def test_not_a_database(self):
        self.put("m.eml", FAILURE)
        self.put("x.db", "no database " * 100)
        result = self.run_program("scan", "--db", "x.db", "m.eml")
        self.assertEqual(result.status, 66)
        self.assert_one_line(result.err, "x.db: ")
        other = sqlite3.connect(self.path("other.db"))
        other.execute("CREATE TABLE mine (x)")
        other.close()
        result = self.run_program("scan", "--db", "other.db", "m.eml")
        self.assertEqual(result.status, 66)
        self.assert_one_line(result.err, "other.db: ")

    def test_two_at_once(self):
        self.fill(600)
        both = [subprocess.Popen([PROGRAM, "scan", "--db", "h.db", "m"], cwd=self.folder, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, env=self.environment()) for _ in range(2)]
        for process in both:
            self.assertEqual((process.communicate(timeout=60)[1], process.returncode), (b"", 0))
        self.assertEqual(self.query("SELECT count(*), count(DISTINCT digest) FROM messages"), [(600, 600)])
        self.assertEqual(self.query("SELECT count(*) FROM recipients"), [(600,)])

    def test_killed_and_run_again(self):
        self.fill(1500)
        for after in 0.02, 0.1, 0.2, 0.3:
            process = subprocess.Popen([PROGRAM, "scan", "--db", "h.db", "m"], cwd=self.folder, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env=self.environment())
            time.sleep(after)
            process.kill()
            process.wait()
        self.scan("--db", "h.db", "m")
        self.assertEqual(self.query("PRAGMA integrity_check"), [("ok",)])
        self.assertEqual(self.query("SELECT count(*) FROM messages"), [(1500,)])
        self.assertEqual(self.query("SELECT count(*), count(DISTINCT address) FROM recipients"), [(1500, 1500)])


class Acting(ScanTest):
    def test_move(self):
        self.fill(30)
        self.put("m/cur/mail:2,F", MAIL)
        before = self.names("m/cur"), self.names("m/new")
        self.scan("--db", "h.db", "--recursive", "--move-to", "m/.Done", "m")
        self.assertEqual((self.names("m/.Done/cur"), self.names("m/.Done/new")), before)
        self.assertEqual((self.names("m/cur"), self.names("m/new")), ([], []))
        self.scan("--db", "h.db", "--recursive", "--move-to", "m/.Done", "m")
        self.assertEqual((self.names("m/.Done/cur"), self.names("m/.Done/new")), before)
        with open(self.path("m/.Done/cur/" + before[0][0]), "rb") as file:
            self.assertEqual(file.read(), bounce(1))

    def test_mark_seen(self):
        self.fill(0)
        for name in "new/1.a", "cur/2.a:2,FT", "cur/3.a:2,S", "cur/4.a":
            self.put("m/" + name, bounce(int(name[4])))
        self.scan("--db", "h.db", "--mark-seen", "m")
        self.assertEqual(self.names("m/cur"), ["1.a:2,S", "2.a:2,FST", "3.a:2,S", "4.a:2,S"])
        self.assertEqual(self.names("m/new"), [])

    def test_only_some_kinds(self):
        self.fill(2)
        self.put("m/cur/mail:2,", MAIL)
        self.scan("--db", "h.db", "--kind", "failure,delay", "--move-to", "done", "m")
        self.assertEqual(self.names("m/cur"), ["mail:2,"])
        self.assertEqual(len(self.names("done/cur") + self.names("done/new")), 2)

    def test_known_messages_are_moved_too(self):
        self.fill(5)
        self.scan("--db", "h.db", "m")
        self.scan("--db", "h.db", "--move-to", "done", "m")
        self.assertEqual(len(self.names("done/cur") + self.names("done/new")), 5)

    def test_no_name_is_taken_twice(self):
        self.fill(1)
        self.fill(1, folder="done")
        (name,) = self.names("m/new")
        self.put("m/new/" + name, MAIL)
        self.scan("--db", "h.db", "--move-to", "done", "m")
        self.assertEqual(self.names("done/new"), [name, name + "_1"])
        with open(self.path("done/new/" + name), "rb") as file:
            self.assertEqual(file.read(), bounce(0))

    def test_nothing_is_moved_that_is_not_recorded(self):
        self.fill(5)
        self.put("h.db", "no database " * 100)
        self.assertEqual(self.run_program("scan", "--db", "h.db", "--move-to", "done", "m").status, 66)
        self.assertEqual(len(self.names("m/cur") + self.names("m/new")), 5)

    def test_outside_of_a_maildir(self):
        self.put("f/a.eml", FAILURE)
        self.put("f/b.eml", FAILURE)
        result = self.run_program("scan", "--db", "h.db", "--move-to", "done", "f")
        self.assertEqual(result.status, 0)
        self.assert_one_line(result.err, "f/a.eml: ")
        self.assertEqual(self.names("f"), ["a.eml", "b.eml"])


class BrokenOff(ScanTest):
    def interrupt(self, number, *arguments):
        """Sends a signal to a run that waits for a list of files after it has read some."""
        self.fill(100)
        os.mkfifo(self.path("pipe"))
        with open(self.path("out"), "wb") as out:
            process = subprocess.Popen([PROGRAM, "scan", *arguments, "m", "--files-from", "pipe"], cwd=self.folder, stdout=out,
                                       stderr=subprocess.PIPE, env=self.environment())
        with open(self.path("pipe"), "w", encoding="utf-8"):
            time.sleep(0.7)
            process.send_signal(number)
            err = process.communicate(timeout=30)[1]
        self.assertEqual((process.returncode, err), (128 + number, b""))
        with open(self.path("out"), "rb") as out:
            return out.read()

    def test_ctrl_c_keeps_what_is_done(self):
        out = self.interrupt(signal.SIGINT, "--db", "h.db", "--format", "jsonl")
        self.assertEqual(len([json.loads(line) for line in out.splitlines()]), 100)
        self.assertEqual(self.query("SELECT count(*) FROM messages"), [(100,)])

    def test_ctrl_c_leaves_the_old_file(self):
        self.put("old", "old")
        self.assertEqual(self.interrupt(signal.SIGINT, "--format", "csv", "--output", "old"), b"")
        with open(self.path("old"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "old")
        self.assertFalse([name for name in os.listdir(self.folder) if name.startswith("old.")])

    def test_terminated(self):
        self.interrupt(signal.SIGTERM, "--db", "h.db")
        self.assertEqual(self.query("SELECT count(*) FROM messages"), [(100,)])

    def test_a_worker_is_killed(self):
        """Its messages are read by another."""
        self.fill(3000)
        process = subprocess.Popen([PROGRAM, "scan", "--jobs", "2", "--format", "jsonl", "m"], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment())
        time.sleep(0.2)
        for child in children(process.pid):
            os.kill(child, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (0, b""))
        self.assertEqual(len(out.splitlines()), 3000)

    @unittest.skipIf(SANITIZED, "AddressSanitizer needs all addresses")
    def test_a_message_that_is_too_much(self):
        """Where memory is short, one message costs one answer."""
        self.put("f/a.eml", bounce(1))
        self.put("f/b.eml", FAILURE + b"x" * 60000000)
        self.put("f/c.eml", bounce(2))
        result = self.run_program("scan", "--jobs", "1", "--format", "jsonl", "f", preexec_fn=limit_memory)
        if result.status == 0:
            self.skipTest("memory was enough")
        self.assertEqual(result.status, 75)
        first, second, third = result.objects
        self.assertEqual((first["kind"], third["kind"]), ("failure", "failure"))
        self.assertEqual(second["error"]["code"], 75)
        self.assert_one_line(result.err, "f/b.eml: ")


def limit_memory():
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (120 * 1024 * 1024, 120 * 1024 * 1024))


class Terminal(ScanTest):
    def test_progress(self):
        """A bar on a terminal, nothing of it elsewhere."""
        self.fill(4000)
        controller, terminal = pty.openpty()
        process = subprocess.Popen([PROGRAM, "scan", "--jobs", "1", "m"], cwd=self.folder, stdout=subprocess.PIPE, stderr=terminal,
                                   env=self.environment())
        os.close(terminal)
        shown = b""
        while True:
            try:
                piece = os.read(controller, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        out = process.communicate(timeout=60)[0]
        os.close(controller)
        self.assertEqual(process.returncode, 0)
        self.assertRegex(shown.decode(), r"\r\[#* *\] \d+ of 4000 messages, \d+/s, \d+:\d\d left")
        self.assertTrue(shown.endswith(b"\r\x1b[K"))
        self.assertNotIn(b"\r", out)


main()
