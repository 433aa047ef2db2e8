"""bounceparse suppress: who is on the list, what clears an address, when it holds back, and the formats."""

import csv
import io
import json
import os
import random
import shutil
import sqlite3
import subprocess
import time
import unittest

from program import DELAY, FAILURE, MAIL, ProgramTest, dsn, main

DAY = 86400
FAILED = dict(action="failed", advice="remove", cause="user-unknown", category="recipient", rule="reply-user-unknown",
              permanence="permanent", reason="The server says: no such user.")
FULL = dict(action="failed", advice="retry", cause="mailbox-full", category="recipient", rule="reply-mailbox-full",
            permanence="temporary", reason="The mailbox is full.")
BLOCKED = dict(action="failed", advice="fix", cause="ip-blocklisted", category="sender", rule="reply-blocked",
               permanence="permanent", reason="The list names the sending address.")
UNREACHABLE = dict(action="failed", advice="retry", cause="connection-failed", category="network", rule=None)
COMPLAINT = dict(action="complaint", advice="remove", cause=None, category=None, rule=None, reason="A complaint.")
DELIVERED = dict(action="delivered", advice=None, cause=None, category=None, rule=None, reason=None)


class Suppress(ProgramTest):
    def setUp(self):
        super().setUp()
        self.now = int(time.time())
        self.digest = 0
        self.put("db", b"")  # an empty file is a database without tables: the program makes them
        self.assertEqual(self.suppress().status, 0)

    def connect(self):
        database = sqlite3.connect(self.path("db"))
        self.addCleanup(database.close)
        return database

    def add(self, *results, added=None):
        """Each result: (days ago, address, what), what may name an original_address as well."""
        with self.connect() as database:
            for ago, address, what in results:
                self.digest += 1
                when = self.now - int(ago * DAY)
                what = dict(what)
                kind = {"complaint": "complaint", "delivered": "success", "delayed": "delay"}.get(what["action"], "failure")
                message = database.execute(
                    "INSERT INTO messages (digest, added, day, kind, source, time) VALUES (?, ?, ?, ?, 'box', ?)",
                    (b"%032d" % self.digest, added or self.now, time.strftime("%Y-%m-%d", time.gmtime(when)), kind, when))
                what.setdefault("domain", address.rpartition("@")[2].lower() or None)
                names = ", ".join(what)
                database.execute(f"INSERT INTO recipients (message, position, address, {names})"
                                 f" VALUES (?, 0, ?{', ?' * len(what)})", (message.lastrowid, address, *what.values()))

    def forget_all(self):
        with self.connect() as database:
            database.execute("DELETE FROM recipients")
            database.execute("DELETE FROM messages")

    def recorded(self):
        with self.connect() as database:
            return dict(database.execute("SELECT address, why FROM suppressions"))

    def suppress(self, *arguments, **more):
        return self.run_program("suppress", "--db", "db", *arguments, **more)

    def assert_list(self, *addresses, arguments=()):
        done = self.suppress(*arguments)
        self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(done.out, "".join(f"{address}\n" for address in sorted(addresses, key=str.encode)))


class Rule(Suppress):
    def test_hard_failures_and_complaints_at_once(self):
        self.add((1, "gone@example.com", FAILED), (400, "old@example.com", FAILED), (1, "angry@example.com", COMPLAINT),
                 (1, "blocked@example.com", BLOCKED), (1, "fine@example.com", DELIVERED),
                 (1, "odd@example.com", {**COMPLAINT, "advice": "review"}), (1, "", {**FAILED, "advice": "review"}))
        self.assert_list("gone@example.com", "old@example.com", "angry@example.com")
        self.assertEqual(self.recorded(), {"gone@example.com": "hard", "old@example.com": "hard",
                                           "angry@example.com": "complaint"})

    def test_names(self):
        """The original address goes before; domains are the same in any case, local parts are not."""
        self.add((1, "forwarded@elsewhere.org", {**FAILED, "original_address": "member@Example.COM"}),
                 (2, "member@example.com", FAILED), (2, "Member@example.com", FAILED), (1, "x@BÜCHER.example", FAILED))
        self.assert_list("member@example.com", "Member@example.com", "x@bücher.example")

    def test_alias_of_several(self):
        """One of those whom an address leads to may be gone while the others are there."""
        def failed(ago, address, original, what=FAILED):
            self.add((ago, address, {**what, "original_address": original}))
        failed(1, "one@elsewhere.org", "team@example.com")
        failed(1, "bob@new.example", "bob@example.com")
        self.assert_list("team@example.com", "bob@example.com")
        failed(2, "two@elsewhere.org", "team@Example.COM", BLOCKED)
        failed(2, "Bob@host7.new.example", "bob@example.com")
        failed(3, "three@elsewhere.org", "angry@example.com", COMPLAINT)
        failed(3, "four@elsewhere.org", "angry@example.com")
        failed(3, "five@elsewhere.org", "gone@example.com")
        failed(3, "six@elsewhere.org", "gone@example.com")
        for ago in 1, 2, 3:
            failed(ago, f"full{ago}@elsewhere.org", "staff@example.com", FULL)
        self.add((1, "gone@example.com", FAILED))
        self.assert_list("bob@example.com", "angry@example.com", "gone@example.com")

    def test_soft_failures(self):
        def on(address, *agos, what=FULL):
            self.add(*((ago, address, what) for ago in agos))
        on("three@example.com", 1, 3, 13)
        on("two@example.com", 1, 3)
        on("same-day@example.com", 1, 1, 1, 2)
        on("outside@example.com", 1, 3, 15)
        on("delayed@example.com", 1, 2, 3, 4, what={**FULL, "action": "delayed"})
        on("network@example.com", 1, 2, 3, 4, what=UNREACHABLE)
        on("greylisted@example.com", 1, 2, 3, what={**UNREACHABLE, "cause": "greylisted", "category": "rate"})
        on("unknown-for-now@example.com", 1, 2, 3, what={**FULL, "cause": "user-unknown"})
        on("domain@example.com", 1, 2, 3, what={**FULL, "cause": "domain-unknown", "category": "domain"})
        self.assert_list("three@example.com", "unknown-for-now@example.com", "domain@example.com")
        self.assert_list(arguments=["--soft", "0"])
        self.assert_list("outside@example.com", "three@example.com", "unknown-for-now@example.com", "domain@example.com",
                         arguments=["--days", "16"])
        self.assert_list("two@example.com", "three@example.com", "same-day@example.com", "outside@example.com",
                         "unknown-for-now@example.com", "domain@example.com", arguments=["--soft", "2"])
        self.forget_all()
        self.assert_list()

    def test_delivery_reports(self):
        for action in "delivered", "relayed", "expanded":
            self.add((5, f"{action}@example.com", FAILED), (4, f"{action}@EXAMPLE.com", {**DELIVERED, "action": action}))
        self.add((5, "same-moment@example.com", FAILED), (5, "same-moment@example.com", DELIVERED),
                 (4, "again@example.com", FAILED), (5, "again@example.com", DELIVERED),
                 (5, "angry@example.com", COMPLAINT), (4, "angry@example.com", DELIVERED),
                 *((ago, "full@example.com", FULL) for ago in (6, 5, 4, 2)), (3, "full@example.com", DELIVERED))
        self.assert_list("again@example.com", "angry@example.com")

    def test_delivered_file(self):
        self.add((5, "a@example.com", FAILED), (4, "b@example.com", FAILED), (3, "c@example.com", COMPLAINT))
        self.put("reached", b"a@EXAMPLE.com\r\n\n  B@example.com \n\xff@example.com\nc@example.com")
        self.assert_list("b@example.com", "c@example.com", arguments=["--delivered", "reached", "--dry-run"])
        self.assert_list("a@example.com", "b@example.com", "c@example.com")
        self.assert_list("b@example.com", "c@example.com", arguments=["--delivered", "reached"])
        self.assert_list("b@example.com", "c@example.com")
        done = self.suppress("--delivered", "-", stdin=b"b@example.com\n")
        self.assertEqual((done.status, done.out), (0, "c@example.com\n"))
        with self.connect() as database:
            database.execute("UPDATE deliveries SET time = time - 1000")
        self.add((0, "a@example.com", FAILED))
        self.assert_list("a@example.com", "c@example.com")

    def test_a_date_ahead_does_not_outlast_a_delivery(self):
        self.add((-0.9, "a@example.com", FAILED), added=self.now - 100)
        self.put("reached", "a@example.com\n")
        self.assert_list(arguments=["--delivered", "reached"])

    def test_expire(self):
        self.add((10, "a@example.com", FAILED), (30, "b@example.com", FAILED), (30, "c@example.com", COMPLAINT),
                 (30, "d@example.com", FAILED), (5, "d@example.com", FAILED))
        self.assert_list("a@example.com", "d@example.com", arguments=["--expire", "20"])
        self.forget_all()
        self.assert_list("a@example.com", "d@example.com")
        self.assert_list("d@example.com", arguments=["--expire", "7"])
        self.assert_list("d@example.com")

    def test_forgotten_history(self):
        """What was recorded stays, but for soft failures, until a delivery."""
        self.add((9, "hard@example.com", FAILED), (8, "angry@example.com", COMPLAINT), (7, "both@example.com", COMPLAINT),
                 (6, "both@example.com", FAILED), *((ago, "soft@example.com", FULL) for ago in (1, 2, 3)))
        self.assert_list("hard@example.com", "angry@example.com", "both@example.com", "soft@example.com")
        self.forget_all()
        self.assert_list("hard@example.com", "angry@example.com", "both@example.com")
        self.assert_list("hard@example.com", "angry@example.com", "both@example.com")
        self.add(*((1, f"{name}@example.com", DELIVERED) for name in ("hard", "angry", "both")))
        self.assert_list("angry@example.com", "both@example.com")

    def test_dry_run(self):
        self.add((1, "a@example.com", FAILED))
        self.assert_list("a@example.com", arguments=["--dry-run"])
        self.assertEqual(self.recorded(), {})


class Brake(Suppress):
    def many(self, n, domain, ago, what=FAILED, **more):
        self.add(*((ago, f"u{i:05}@{domain.format(i % 50)}", {**what, **more}) for i in range(n)))

    def assert_held_back(self, *parts, arguments=()):
        before = self.recorded()
        done = self.suppress("--output", "list", *arguments)
        self.assertEqual((done.status, done.out), (1, ""))
        self.assertFalse(os.path.exists(self.path("list")))
        self.assertEqual(self.recorded(), before)
        for part in parts:
            self.assertRegex(done.err, rf"(?m)^bounceparse: held back: .*{part}")
        self.assertEqual(done.err.count("\n"), len(parts))

    def test_one_domain_on_one_day(self):
        """Rules and days that vary: only the domain is told."""
        self.add(*((i % 30, f"n{i}@d{i % 70}.example", {**FAILED, "rule": f"rule-{i % 11}"}) for i in range(4000)))
        self.assert_list(*(f"n{i}@d{i % 70}.example" for i in range(4000)))
        self.add(*((2, f"u{i:03}@example.com", {**FAILED, "rule": f"rule-{i % 11}"}) for i in range(101)))
        self.assert_held_back(r"101 new addresses at the domain example.com, where the median of a day is 0: "
                              r"u000@example.com, u001@example.com, u002@example.com$")
        done = self.suppress("--force")
        self.assertEqual((done.status, done.err, done.out.count("\n")), (0, "", 4101))
        self.assertEqual(self.suppress().status, 0)

    def test_one_rule_and_one_day(self):
        self.many(150, "d{}.example", 1)
        day = time.strftime("%Y-%m-%d", time.gmtime(self.now - DAY))
        self.assert_held_back("150 new addresses by the rule reply-user-unknown", f"150 new addresses of the day {day}")

    def test_the_cause_stands_for_a_rule(self):
        self.many(150, "d{}.example", 1, rule=None)
        self.assert_held_back("by the rule user-unknown", "of the day")

    def test_a_hundred_are_few(self):
        self.many(100, "example.com", 1)
        self.assertEqual(self.suppress().out.count("\n"), 100)

    def test_steady_inflow_read_for_the_first_time(self):
        self.add(*((ago + 0.01, f"u{ago}.{i}@example.com", FAILED) for ago in range(60) for i in range(20)))
        done = self.suppress()
        self.assertEqual((done.status, done.err, done.out.count("\n")), (0, "", 1200))

    def test_five_times_the_median(self):
        """30 a day on each of 30 days: 150 more on one day are five times as many, and one more is too many."""
        self.add(*((ago + 0.01, f"u{ago}.{i}@example.com", FAILED) for ago in range(30) for i in range(30)))
        self.assertEqual(self.suppress().status, 0)
        self.many(150, "example.com", 0.01)
        self.assertEqual(self.suppress("--dry-run").status, 0)
        self.add((0.01, "one-more@example.com", FAILED))
        self.assert_held_back("151 new .* by the rule .* median of a day is 30", "151 new .* at the domain example.com",
                              "151 new .* of the day")

    def test_list_size(self):
        self.many(20, "example.com", 1)
        self.assert_held_back("20 new addresses are over 2 % of the list: u00000@example.com", arguments=["--list-size", "999"])
        self.assertEqual(self.suppress("--list-size", "1000").status, 0)
        self.many(200, "example.org", 1)
        self.assert_held_back("200 new addresses are over 2 % of the list: u00000@example.org", arguments=["--list-size", "9999"])
        self.assertEqual(self.suppress("--list-size", "10000").status, 0)

    def test_examples_are_made_visible(self):
        self.add(*((1, f"\x1b[2J{i}@example.com", FAILED) for i in range(101)))
        done = self.suppress()
        self.assertEqual(done.status, 1)
        self.assertNotIn("\x1b", done.err)
        self.assertIn("\\x1b[2J0@example.com", done.err)

    def test_held_back_remembers_no_delivery(self):
        self.many(150, "example.com", 1)
        self.put("reached", "u00000@example.com\n")
        self.assertEqual(self.suppress("--delivered", "reached").status, 1)
        self.assertEqual(self.suppress("--force").out.count("\n"), 150)

    def test_a_month(self):
        """Made-up nights of a month: unknown users day by day, full mailboxes, and one day of a mass block."""
        chance, unknown, full = random.Random(1), set(), set()
        for ago in range(30, 0, -1):
            night = []
            for _ in range(chance.randrange(5, 15)):
                unknown.add(address := f"x{len(unknown)}@d{chance.randrange(40)}.example")
                night.append((ago, address, FAILED))
            if ago in (3, 5, 9):
                full.update(addresses := [f"full{i}@example.org" for i in range(20)])
                night += [(ago, address, FULL) for address in addresses]
            if ago == 12:
                night += [(ago, f"r{i}@d{i % 40}.example", BLOCKED) for i in range(8000)]
                night += [(ago, f"r{i}@d{i % 40}.example", UNREACHABLE) for i in range(2000)]
            self.add(*night)
            done = self.suppress()
            self.assertEqual((done.status, done.err), (0, ""))
        self.assertEqual(set(done.out.split()), unknown | full)
        self.many(500, "provider.example", 0.1)
        self.assert_held_back("by the rule", "at the domain provider.example", "of the day")


class Output(Suppress):
    def setUp(self):
        super().setUp()
        self.days = [time.strftime("%Y-%m-%d", time.gmtime(self.now - ago * DAY)) for ago in range(10)]
        self.add((5, "a@example.com", FAILED), (2, "a@example.com", {**FAILED, "reason": 'It says "no", twice,\nand again'}),
                 (3, "b@example.com", COMPLAINT), (4, "c@elsewhere.org", {**FULL, "original_address": "c@example.com"}),
                 (3, "c@example.com", FULL), (1, "c@elsewhere.org", {**FULL, "original_address": "c@example.com"}),
                 (1, '"q, r"@example.com', FAILED), (1, '"q\\"r"@example.com', FAILED), (1, "#d@example.com", FAILED),
                 (1, "localpart", FAILED), (1, "ü@example.com", FAILED), (1, "user@", FAILED), (1, "e\nf@example.com", FAILED),
                 (1, "l\u2028m@example.com", FAILED))

    def read(self, name, left_out):
        """The output in a format, after a look at what it left out."""
        done = self.suppress("--format", name)
        self.assertEqual(done.status, 0)
        self.assertEqual(done.err.count(": left out: "), done.err.count("\n"))
        self.assertEqual(sorted(line.split(": ")[1] for line in done.err.splitlines()), sorted(left_out))
        return done.out

    unsafe = ['"q, r"@example.com', "e\\x0af@example.com", "l\\u2028m@example.com"]
    all = ['"q\\"r"@example.com', "#d@example.com", "a@example.com", "b@example.com", "c@example.com", "localpart",
           "user@", "ü@example.com"]

    def test_plain(self):
        self.assertEqual(self.read("plain", self.unsafe).splitlines(), self.all)
        self.assertEqual(self.suppress().out, self.suppress("--format", "plain").out)

    def test_csv(self):
        text = self.read("csv", self.unsafe)
        self.assertEqual(text.replace("\r\n", "").count("\r"), 0)
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        self.assertEqual([row["address"] for row in rows], self.all)
        self.assertEqual(list(rows[0]), ["address", "why", "cause", "rule", "domain", "since", "last", "reason"])
        self.assertEqual(list(rows[2].values()),
                         ["a@example.com", "hard", "user-unknown", "reply-user-unknown", "example.com", self.days[5],
                          self.days[2], 'It says "no", twice,\nand again'])
        self.assertEqual(list(rows[3].values()), ["b@example.com", "complaint", "", "", "example.com", self.days[3],
                                                  self.days[3], "A complaint."])
        self.assertEqual(list(rows[4].values()),
                         ["c@example.com", "soft", "mailbox-full", "reply-mailbox-full", "elsewhere.org", self.days[4],
                          self.days[1], "The mailbox is full."])

    def test_listmonk(self):
        rows = list(csv.DictReader(io.StringIO(self.read("listmonk", self.unsafe), newline="")))
        self.assertEqual([row["email"] for row in rows], self.all)
        self.assertEqual([json.loads(row["attributes"]) for row in rows[2:5]],
                         [{"reason": 'It says "no", twice,\nand again', "cause": "user-unknown"},
                          {"reason": "A complaint.", "cause": "complaint"},
                          {"reason": "The mailbox is full.", "cause": "mailbox-full"}])
        self.assertEqual({row["name"] for row in rows}, {""})

    def test_mailman(self):
        text = self.read("mailman", [*self.unsafe, '"q\\"r"@example.com', "#d@example.com"])
        self.assertEqual(text.splitlines(), self.all[2:])

    def test_postfix(self):
        text = self.read("postfix", [*self.unsafe, '"q\\"r"@example.com', "#d@example.com", "localpart", "user@"])
        keys = [line.split(" ", 1)[0] for line in text.splitlines()]
        self.assertEqual(keys, ["a@example.com", "b@example.com", "c@example.com", "ü@example.com"])
        for line in text.splitlines():
            self.assertRegex(line, r"\A\S+@\S+ REJECT 5\.1\.1 [A-Za-z -]+: [a-z-]+\Z")

    @unittest.skipUnless(shutil.which("postmap"), "no postmap")
    def test_postmap_takes_it(self):
        self.put("conf/main.cf", "")
        self.put("map", self.suppress("--format", "postfix").out)
        for option in [], ["-s"]:
            done = subprocess.run(["postmap", "-c", self.path("conf"), *option, f"hash:{self.path('map')}"],
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(sorted(line.split()[0] for line in done.stdout.decode().splitlines()),
                         ["a@example.com", "b@example.com", "c@example.com", "ü@example.com"])

    def test_output_is_whole_or_not_at_all(self):
        self.put("list", "before\n")
        os.chmod(self.path("list"), 0o640)
        self.assertEqual(self.suppress("--output", "list").status, 0)
        with open(self.path("list"), encoding="utf-8") as file:
            self.assertEqual(file.read().splitlines(), self.all)
        self.assertEqual(os.stat(self.path("list")).st_mode & 0o777, 0o640)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("list")], ["list"])

    def test_what_cannot_be_written_is_not_recorded(self):
        done = self.suppress("--output", "no-folder/list")
        self.assertEqual((done.status, done.out), (73, ""))
        self.assert_one_line(done.err, "no-folder/list")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([os.environ["BOUNCEPARSE"], "suppress", "--db", "db"], stdout=full, stderr=subprocess.PIPE,
                                  cwd=self.folder, env=self.environment(), check=False)
        self.assertEqual(done.returncode, 73)
        self.assertEqual(self.recorded(), {})
        self.suppress()
        self.assertIn("a@example.com", self.recorded())


class Scanned(ProgramTest):
    """The whole path from a Maildir to the list."""

    def scan(self, name, mail):
        self.put(f"box/new/{int(time.time())}.{name}.host", mail.replace(b"Mon, 23 Nov 2026 10:00:00 +0100",
                                                                         time.strftime("%a, %d %b %Y %H:%M:%S +0000",
                                                                                       time.gmtime()).encode(), 1))
        os.makedirs(self.path("box/cur"), exist_ok=True)
        os.makedirs(self.path("box/tmp"), exist_ok=True)
        self.assertEqual(self.run_program("scan", "--db", "db", "--format", "jsonl", "box").status, 0)
        done = self.run_program("suppress", "--db", "db")
        self.assertEqual((done.status, done.err), (0, ""))
        return done.out.split()

    def test_path(self):
        block = "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org"
        self.assertEqual(self.scan("a", FAILURE), ["alice@example.com"])
        self.assertEqual(self.scan("b", MAIL), ["alice@example.com"])
        self.assertEqual(self.scan("c", DELAY.replace(b"alice", b"carol")), ["alice@example.com"])
        self.assertEqual(self.scan("d", dsn("dave@example.com", status="5.7.1", reply=block)), ["alice@example.com"])
        self.assertEqual(self.scan("e", dsn("Erin@Example.COM")), ["Erin@example.com", "alice@example.com"])
        time.sleep(1.1)
        self.assertEqual(self.scan("f", dsn(action="delivered", status="2.0.0", reply="250 2.0.0 OK")), ["Erin@example.com"])


class Errors(Suppress):
    def assert_error(self, status, *arguments, part=""):
        done = self.run_program("suppress", *arguments)
        self.assertEqual((done.status, done.out), (status, ""))
        self.assert_one_line(done.err, part)

    def test_usage(self):
        self.assert_error(64, part="--db")
        self.assert_error(64, "--db", "db", "box", part="box")
        self.assert_error(64, "--db", "db", "--format", "plain,csv", part="--format")
        self.assert_error(64, "--db", "db", "--format", "text", part="--format")
        self.assert_error(64, "--db", "db", "--soft", "-1", part="--soft")
        self.assert_error(64, "--db", "db", "--days", "0", part="--days")

    def test_no_database(self):
        self.assert_error(66, "--db", "none", part="none")
        self.assertFalse(os.path.exists(self.path("none")))
        self.put("text", "this is no database\n" * 100)
        self.assert_error(66, "--db", "text", part="text")

    def test_no_delivered_file(self):
        self.assert_error(66, "--db", "db", "--delivered", "none", part="none")
        os.mkdir(self.path("folder"))
        self.assert_error(66, "--db", "db", "--delivered", "folder", part="folder")

    def test_help(self):
        self.assertIn("--list-size", self.suppress("--help").out)
        self.assertIn("Aufruf", self.suppress("--help", "--lang", "de").out)


if __name__ == "__main__":
    main()
