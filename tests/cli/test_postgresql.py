"""The history on a PostgreSQL server, which the tests start themselves: the same as in SQLite, for several at once, and
through the server's going away."""

import csv
import glob
import io
import os
import random
import re
import shutil
import socket
import sqlite3
import string
import subprocess
import tempfile
import threading
import time
import unittest
from urllib.parse import quote

from program import FAILURE, MAIL, PROGRAM, SAMPLES, ProgramTest, dsn, main

MODULE = os.path.join(os.path.dirname(PROGRAM), "libbounceparse-postgresql.so")
FOLDERS = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda folder: float(folder.split("/")[4]))


class Without(ProgramTest):
    @unittest.skipIf(os.path.exists(MODULE), "the module is there")
    def test_one_clear_error(self):
        for command in ("scan", "m.eml"), ("summary",), ("suppress",):
            self.put("m.eml", MAIL)
            result = self.run_program(*command, "--db", "postgresql://bob:secret@localhost/x")
            self.assertEqual((result.status, result.out), (66, ""))
            self.assert_one_line(result.err, "postgresql://localhost/x: ", "PostgreSQL", os.path.basename(MODULE))


class Server:
    """A server of its own in a temporary folder, on a socket there and on loopback; not as root, which it refuses."""

    password = "only in the environment"

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="bp-pg-")
        self.as_user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self.as_user:
            shutil.chown(self.folder, "postgres", "postgres")
            os.chmod(self.folder, 0o755)
        with socket.socket() as a_socket:
            a_socket.bind(("127.0.0.1", 0))
            self.port = a_socket.getsockname()[1]
        pwfile = os.path.join(self.folder, "password")
        with open(pwfile, "w", encoding="utf-8") as file:
            file.write(self.password)
        self.run("initdb", "-D", self.data, "-U", "bp", "-E", "UTF8", "--locale=C", "--auth-local=trust",
                 "--auth-host=scram-sha-256", "--pwfile", pwfile)
        self.start()

    @property
    def data(self):
        return os.path.join(self.folder, "data")

    def run(self, name, *arguments):
        done = subprocess.run([os.path.join(FOLDERS[-1], name), *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              cwd=self.folder, timeout=120, check=False, **self.as_user)
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr.decode()}")
        return done.stdout.decode()

    def control(self, *what):
        # Its output goes to a file: the server that it starts keeps it open.
        with open(os.path.join(self.folder, "control"), "ab") as out:
            subprocess.run([os.path.join(FOLDERS[-1], "pg_ctl"), "-D", self.data, "-w", "-l", os.path.join(self.folder, "log"),
                            "-o", f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off", *what],
                           stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder, timeout=120, check=True,
                           **self.as_user)

    def start(self):
        self.control("start")

    def stop(self, mode="immediate"):
        self.control("stop", "-m", mode)

    def restart(self):
        self.control("restart", "-m", "immediate")

    def psql(self, database, sql, user="bp"):
        """Rows of texts; NULL is ''."""
        out = self.run("psql", "-h", self.folder, "-p", str(self.port), "-U", user, "-d", database, "-X", "-q", "--csv", "-t",
                       "-v", "ON_ERROR_STOP=1", "-c", sql)
        return [tuple(row) for row in csv.reader(io.StringIO(out, newline=""))]

    def uri(self, database):
        return f"postgresql://bp@{quote(self.folder, safe='')}:{self.port}/{database}"

    def close(self):
        self.stop("fast")
        shutil.rmtree(self.folder)


SERVER = None


def setUpModule():
    global SERVER
    if os.path.exists(MODULE) and FOLDERS:
        SERVER = Server()


def tearDownModule():
    if SERVER:
        SERVER.close()


def bounce(n, **more):
    """The n-th of many that differ."""
    return dsn(address=f"user{n}@d{n % 7}.example", subject=f"Mail {n}", **more)


@unittest.skipUnless(os.path.exists(MODULE), "built without PostgreSQL")
@unittest.skipUnless(FOLDERS, "no PostgreSQL server is installed")
class PostgreSQL(ProgramTest):
    databases = 0

    def setUp(self):
        super().setUp()
        PostgreSQL.databases += 1
        self.name = f"test{PostgreSQL.databases}"
        SERVER.psql("postgres", f"CREATE DATABASE {self.name}")
        self.uri = SERVER.uri(self.name)

    def fill(self, numbers, folder="m"):
        for name in ("cur", "new", "tmp"):
            os.makedirs(self.path(f"{folder}/{name}"), exist_ok=True)
        for i in numbers:
            self.put(f"{folder}/cur/{1790000000 + i}.M{i}P1.host:2,", bounce(i))

    def query(self, sql):
        return SERVER.psql(self.name, sql)

    def number(self, sql):
        return int(self.query(sql)[0][0])

    def done(self, *arguments, status=0, err="", **more):
        result = self.run_program(*arguments, **more)
        self.assertEqual((result.status, result.err), (status, err))
        return result.out

    def begin(self, *arguments):
        process = subprocess.Popen([PROGRAM, "scan", *arguments], cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, env=self.environment())
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def wait_for(self, sql, process=None):
        """Until the number is not 0."""
        for _ in range(600):
            if self.number(sql):
                return
            if process:
                self.assertIsNone(process.poll())
            time.sleep(0.05)
        self.fail(sql)

    def end(self, process, status=0):
        err = (process.communicate(timeout=120)[1] or b"").decode()
        self.assertEqual((process.returncode, err if status == 0 else ""), (status, ""))
        return err

    CONTENT = ("SELECT {digest}, m.kind, m.day, m.time, m.subject, r.position, r.address, r.action, r.cause, r.diagnostic "
               "FROM messages m LEFT JOIN recipients r ON r.message = m.id")

    def content(self):
        return sorted(self.query(self.CONTENT.format(digest="encode(m.digest, 'hex')")))

    def content_of_sqlite(self, *inputs):
        """What one clean run into a new SQLite database holds."""
        self.done("scan", "--db", "clean.db", "--format", "csv", "--output", "csv", *inputs)
        with sqlite3.connect(self.path("clean.db")) as database:
            rows = database.execute(self.CONTENT.format(digest="lower(hex(m.digest))")).fetchall()
        os.remove(self.path("clean.db"))
        return sorted(tuple("" if value is None else str(value) for value in row) for row in rows)


class AsSQLite(PostgreSQL):
    """Two histories of the same mail, in both."""

    def both(self, *arguments, status=0):
        outs = []
        for db in "h.db", self.uri:
            result = self.run_program(*[db if argument == "DB" else argument for argument in arguments])
            self.assertEqual((result.status, result.err), (status, ""))
            outs.append(result.out)
        self.assertEqual(outs[0], outs[1])
        return outs[0]

    def both_hold_the_same(self, table, columns):
        with sqlite3.connect(self.path("h.db")) as database:
            rows = database.execute(f"SELECT {columns} FROM {table} ORDER BY {columns}").fetchall()
        rows = [tuple("" if value is None else str(value) for value in row) for row in rows]
        self.assertEqual(rows, self.query(f"SELECT {columns} FROM {table} ORDER BY {columns}"))
        return rows

    def test_samples(self):
        samples = sorted(glob.glob(os.path.join(SAMPLES, "*", "*.eml")))
        self.both("scan", "--db", "DB", *samples)
        self.assertGreater(len(self.both_hold_the_same("results", "day, bounced, kind, source, address, position, action, cause, "
                                                       "diagnostic, blocklists, retry_after, sending_ip, last_attempt")), 80)
        self.both_hold_the_same("addresses", "address, results, failed, days, first_day, last_day")
        self.both_hold_the_same("causes_by_day", "day, cause, category, recipients")
        self.both("summary", "--db", "DB")
        self.both("summary", "--db", "DB", "--json")
        self.both("summary", "--db", "DB", "--html", "-")
        self.both("summary", "--db", "DB", "--since", "2026-11-06", "--until", "2026-11-12", "--domain", "example.net,Example.COM",
                  "--cause", "user-unknown,mailbox-full", "--html", "-")
        self.both("scan", "--db", "DB", *samples)

    def test_suppress(self):
        for i in range(4):
            date = f"{14 + i} Nov 2026"
            self.put(f"m/soft{i}.eml", dsn("full@example.com", status="5.2.2", reply="552 5.2.2 mailbox full")
                     .replace(b"23 Nov 2026", date.encode(), 1))
        for i in range(130):
            self.put(f"m/{i}.eml", bounce(i))
        self.put("m/name.eml", dsn("O'Brien@Example.COM"))
        endless = "".join(random.Random(1).choices(string.ascii_lowercase + string.digits, k=6000)) + "@example.com"
        self.put("m/endless.eml", dsn(endless))
        self.put("reached", endless + "1\nuser3@d3.example\nuser4@d4.example\n")
        self.both("scan", "--db", "DB", "m", *sorted(glob.glob(os.path.join(SAMPLES, "other", "*.eml"))))
        for arguments in ((), ("--dry-run",), ("--delivered", "reached"), ("--format", "csv"), ("--format", "postfix", "--soft", "0")):
            out = self.both("suppress", "--db", "DB", "--force", *arguments)
            self.assertGreater(out.count("\n"), 120)
        self.assertNotIn("user3@d3.example", out)
        self.assertNotIn(endless, out)
        self.both_hold_the_same("suppressions", "address, since, last, why, cause, rule, domain, reason")
        self.both_hold_the_same("deliveries", "address")
        self.put("none.eml", MAIL)
        self.both("scan", "--db", "DB", "--forget", "1", "none.eml")
        self.both("suppress", "--db", "DB", "--force")

    def test_forget(self):
        self.put("old.eml", FAILURE.replace(b"2026", b"2020"))
        self.put("new.eml", MAIL)
        self.done("scan", "--db", self.uri, "--format", "csv", "--output", "x", "--forget", "400", "old.eml", "new.eml")
        self.assertEqual(self.query("SELECT kind FROM messages"), [("other",)])
        self.assertEqual(self.number("SELECT count(*) FROM recipients"), 0)
        self.assertEqual(self.number("SELECT count(*) FROM files"), 1)

    def test_the_same_columns(self):
        self.put("m.eml", MAIL)
        self.both("scan", "--db", "DB", "m.eml")
        with sqlite3.connect(self.path("h.db")) as database:
            tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
            of_sqlite = {name: [row[1] for row in database.execute(f"PRAGMA table_info({name})")] for name in tables}
        rows = self.query("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
                          "ORDER BY table_name, ordinal_position")
        ours = {}
        for table, column in rows:
            ours.setdefault(table, []).append(column)
        self.assertEqual(ours.pop("bounceparse"), ["version"])
        of_sqlite["files"].insert(0, "host")
        self.assertEqual(ours, of_sqlite)

    def test_known_files_are_not_read(self):
        self.fill(range(20))
        self.done("scan", "--db", self.uri, "--format", "csv", "--output", "x", "m")
        path = self.path("m/cur/1790000003.M3P1.host:2,")
        status = os.stat(path)
        with open(path, "r+b") as file:
            file.write(b"Return-Path: <x")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        out = self.done("scan", "--db", self.uri, "m")
        self.assertIn("Messages: 20,", out)
        self.assertEqual(self.number("SELECT count(*) FROM messages"), 20)
        self.assertEqual(self.query("SELECT DISTINCT host FROM files"), [(socket.gethostname(),)])
        # Of another host it is another file.
        self.query("UPDATE files SET host = 'another.example'")
        self.done("scan", "--db", self.uri, "m")
        self.assertEqual(self.number("SELECT count(*) FROM messages"), 21)

    def test_moved_once_recorded(self):
        self.fill(range(700))
        self.done("scan", "--db", self.uri, "--format", "csv", "--output", "x", "--move-to", "done", "m")
        self.assertEqual(len(os.listdir(self.path("done/cur"))), 700)
        self.assertEqual(self.number("SELECT count(*) FROM messages"), 700)

    def test_one_message_twice_in_a_batch(self):
        for name in "a.eml", "b.eml":
            self.put(name, FAILURE)
        out = self.done("scan", "--db", self.uri, "a.eml", "b.eml", "a.eml")
        self.assertIn("Messages: 1, recipients: 1", out)
        self.assertEqual(self.query("SELECT count(*), (SELECT count(*) FROM recipients), (SELECT count(*) FROM files) FROM messages"),
                         [("1", "1", "2")])


class Refused(PostgreSQL):
    def refused(self, uri, status, *parts, **more):
        self.put("m.eml", FAILURE)
        for command in ("scan", "m.eml"), ("summary",), ("suppress",):
            result = self.run_program(*command, "--db", uri, **more)
            self.assertEqual((result.status, result.out), (status, ""), result.err)
            self.assert_one_line(result.err, *parts)
            self.assertNotIn("secret", result.err)

    def tcp(self, database=None):
        return f"postgresql://bp@127.0.0.1:{SERVER.port}/{database or self.name}"

    def test_password_on_the_command_line(self):
        for uri in ("postgresql://bp:secret@127.0.0.1:1/x", "postgresql://bp:se@cret/secret@h/x", "postgres://h/x?password=secret",
                    "postgresql://h/x?sslpassword=secret", "postgresql://bp:sec%ret/secret@h"):
            self.refused(uri, 66, "postgres")

    def test_passwords(self):
        self.refused(self.tcp(), 66, "password")
        self.refused(self.tcp(), 66, "password authentication failed", env={"PGPASSWORD": "secret"})
        self.done("scan", "--db", self.tcp(), "--format", "csv", "--output", "x", "m.eml", env={"PGPASSWORD": SERVER.password})
        self.put(".pgpass", f"127.0.0.1:*:*:bp:{SERVER.password}\n")
        os.chmod(self.path(".pgpass"), 0o600)
        self.assertIn('"messages":1', self.done("summary", "--json", "--db", self.tcp()).replace(" ", ""))

    def test_no_such_database(self):
        self.refused(SERVER.uri("nowhere"), 66, "nowhere")

    def test_no_server(self):
        with socket.socket() as a_socket:
            a_socket.bind(("127.0.0.1", 0))
            self.refused(f"postgresql://bp@127.0.0.1:{a_socket.getsockname()[1]}/x", 75, "refused")

    def test_not_ours(self):
        result = self.run_program("summary", "--db", self.uri)
        self.assertEqual(result.status, 66)
        self.assert_one_line(result.err, "not one of bounceparse")
        self.query("CREATE TABLE messages (mine TEXT)")
        self.refused(self.uri, 66, "not one of bounceparse")
        self.assertEqual(self.query("SELECT * FROM messages"), [])

    def test_a_later_version(self):
        self.put("m.eml", MAIL)
        self.done("scan", "--db", self.uri, "--format", "csv", "--output", "x", "m.eml")
        self.query("UPDATE bounceparse SET version = 99")
        self.refused(self.uri, 66, "later version")

    def test_another_encoding(self):
        SERVER.psql("postgres", f"CREATE DATABASE {self.name}l ENCODING 'LATIN1' TEMPLATE template0")
        self.refused(SERVER.uri(self.name + "l"), 66, "UTF8")

    def test_no_rights(self):
        self.put("m.eml", MAIL)
        self.done("scan", "--db", self.uri, "--format", "csv", "--output", "x", "m.eml")
        self.query("CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        uri = self.uri.replace("//bp@", "//reader@")
        self.assertIn("Messages: 1,", self.done("summary", "--db", uri))
        result = self.run_program("scan", "--db", uri, "m.eml")
        self.assertEqual(result.status, 0)  # it is known
        self.put("n.eml", FAILURE)
        result = self.run_program("scan", "--db", uri, "n.eml")
        self.assertEqual(result.status, 73)
        self.assert_one_line(result.err, "permission denied")


class Together(PostgreSQL):
    def test_many_make_the_tables(self):
        self.fill(range(40))
        processes = [self.begin("--jobs", "1", "--db", self.uri, "m") for _ in range(6)]
        for process in processes:
            self.end(process)
        self.assertEqual(self.content(), self.content_of_sqlite("m"))

    def test_four_of_which_two_are_killed(self):
        parts = {"a": range(0, 1400), "b": range(700, 2100), "c": range(1400, 2800), "d": range(0, 2800, 2)}
        for name, numbers in parts.items():
            self.fill(numbers, name)
        runs = {name: self.begin("--jobs", "1", "--db", self.uri, name) for name in parts}
        self.wait_for("SELECT count(*) FROM pg_class WHERE relname = 'messages'")
        self.wait_for("SELECT count(*) FROM messages")
        for name in "a", "c":
            runs[name].kill()
            runs[name].wait()
            runs[name] = self.begin("--jobs", "1", "--db", self.uri, name)
        time.sleep(0.3)
        for name in "a", "d":
            if runs[name].poll() is None:
                runs[name].kill()
                runs[name].wait()
                runs[name] = self.begin("--jobs", "1", "--db", self.uri, name)
        for process in runs.values():
            self.end(process)
        self.assertEqual(self.number("SELECT count(*) FROM messages"), 2800)
        self.assertEqual(self.content(), self.content_of_sqlite(*parts))

    def test_forgetting_and_suppressing_meanwhile(self):
        self.fill(range(1500))
        self.put("old.eml", FAILURE.replace(b"2026", b"2020"))
        process = self.begin("--jobs", "1", "--db", self.uri, "m")
        self.wait_for("SELECT count(*) FROM pg_class WHERE relname = 'messages'")
        for _ in range(4):
            self.done("scan", "--db", self.uri, "--format", "csv", "--output", "x", "--forget", "400", "old.eml")
            self.done("suppress", "--db", self.uri, "--force", "--output", "list")
        self.end(process)
        self.assertEqual(self.content(), self.content_of_sqlite("m"))


class Away(PostgreSQL):
    """The server goes away while the run waits for a list of files, and while it writes."""

    def setUp(self):
        super().setUp()
        self.fill(range(900))
        self.fill(range(900, 1600), "n")
        os.mkfifo(self.path("pipe"))

    def first_half(self):
        """A run that has written something, and waits for the rest."""
        process = self.begin("--jobs", "1", "--db", self.uri, "--move-to", "done", "m", "--files-from", "pipe")
        self.wait_for_writing(process)
        return process

    def wait_for_writing(self, process):
        self.wait_for("SELECT count(*) FROM pg_class WHERE relname = 'messages'", process)
        self.wait_for("SELECT count(*) FROM messages", process)

    def give_the_rest(self):
        """Once the run asks for it: it may still be at the first half, waiting for the server."""
        def write():
            with open(self.path("pipe"), "w", encoding="utf-8") as pipe:
                pipe.write("n\n")
        threading.Thread(target=write, daemon=True).start()

    def check_all(self):
        self.assertEqual(len(os.listdir(self.path("done/cur"))), 1600)
        self.assertEqual(self.content(), self.content_of_sqlite("done"))

    def test_restarted(self):
        process = self.first_half()
        SERVER.restart()
        self.give_the_rest()
        self.end(process)
        self.check_all()

    def test_away_while_nothing_is_to_be_written(self):
        """Nobody has heard its last word when the next batch goes out, whose statements all fit into the socket."""
        for n, name in enumerate(("first", "second")):
            self.put(name, b"From x Mon Nov 23 10:00:00 2026\n" + bounce(n))
        process = self.begin("--jobs", "1", "--db", self.uri, "first", "--files-from", "pipe")
        self.wait_for("SELECT count(*) FROM pg_class WHERE relname = 'messages'", process)
        time.sleep(0.5)
        SERVER.stop()
        try:
            with open(self.path("pipe"), "w", encoding="utf-8") as pipe:
                pipe.write("second\n")
            time.sleep(1)
            self.assertIsNone(process.poll())
        finally:
            SERVER.start()
        self.end(process)
        self.assertEqual(self.content(), self.content_of_sqlite("first", "second"))

    def test_away_for_a_while(self):
        process = self.first_half()
        SERVER.stop()
        try:
            self.give_the_rest()
            time.sleep(3)
            self.assertIsNone(process.poll())
        finally:
            SERVER.start()
        self.end(process)
        self.check_all()

    def test_restarted_while_it_writes(self):
        self.fill(range(1600, 5000), "n")
        process = self.begin("--db", self.uri, "m", "n")
        self.wait_for_writing(process)
        for _ in range(3):
            time.sleep(0.5)
            SERVER.restart()
        self.end(process)
        self.assertEqual(self.content(), self.content_of_sqlite("m", "n"))

    def test_gone_for_good(self):
        process = self.first_half()
        SERVER.stop()
        try:
            since = time.monotonic()
            self.give_the_rest()
            self.assert_one_line(self.end(process, status=75), "postgresql://")
            self.assertGreater(time.monotonic() - since, 50)
        finally:
            SERVER.start()
        moved = len(os.listdir(self.path("done/cur")))
        self.assertLess(moved, 1600)
        self.assertGreaterEqual(self.number("SELECT count(*) FROM messages"), moved)


class Postfix(PostgreSQL):
    def test_map(self):
        """The statements and the query of the sample, as the role that it makes."""
        with open(os.path.join(SAMPLES, "pgsql-suppressions.cf"), encoding="utf-8") as file:
            text = file.read()
        for i, address in enumerate(["Alice@Example.com", "o'brien@example.com"]):
            self.put(f"{i}.eml", dsn(address))
        self.done("scan", "--db", self.uri, "--format", "csv", "--output", "x", "0.eml", "1.eml")
        self.done("suppress", "--db", self.uri, "--force", "--output", "list")
        for statement in re.findall(r"^#   ((?:CREATE|GRANT) .*);$", text, re.MULTILINE):
            self.query(statement.replace("mail", self.name))
        query = re.search(r"^query = (.*)$", text, re.MULTILINE)[1]
        (user,) = re.findall(r"^user = (.*)$", text, re.MULTILINE)
        for address, found in (("alice@example.com", 1), ("o''brien@example.com", 1), ("bob@example.com", 0), ("example.com", 0)):
            rows = SERVER.psql(self.name, query.replace("%s", address), user=user)
            self.assertEqual(rows, [("REJECT 5.1.1 No more mail to this address: user-unknown",)] * found)
        with self.assertRaises(RuntimeError):
            SERVER.psql(self.name, "SELECT * FROM messages", user=user)


main()
