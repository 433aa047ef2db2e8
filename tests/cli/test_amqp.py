"""Mails by way of a queue: enqueue and worker, with a RabbitMQ that the tests start themselves. Nothing is lost and nothing
counts twice, whoever dies or goes away."""

import base64
import contextlib
import ctypes
import glob
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from program import BINARY, FAILURE, MAIL, PROGRAM, SAMPLES, SANITIZED, VALIDATOR, ProgramTest, children, dsn, main

MODULE = os.path.join(os.path.dirname(PROGRAM), "libbounceparse-amqp.so")
CLIENT = os.environ.get("BOUNCEPARSE_AMQP_CLIENT", "")
RABBITMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server"
PASSWORD = "only in the environment"
FEW = SANITIZED


def free_port():
    with socket.socket() as a_socket:
        a_socket.bind(("127.0.0.1", 0))
        return a_socket.getsockname()[1]


def end_with_the_tests():
    """Where these are killed, nobody else would end what they started (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def make_certificate(folder):
    """One that signs itself, for localhost."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2", "-addext",
                    "subjectAltName=DNS:localhost", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"],
                   check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)


class Broker:
    """A broker of its own in a temporary folder, on loopback, with an epmd of its own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="bp-amqp-")
        self.port, self.tls_port, self.epmd_port, distribution = (free_port() for _ in range(4))
        self.uri = f"amqp://bp@127.0.0.1:{self.port}"
        make_certificate(self.folder)
        self.put("rabbitmq.conf", f"""default_user = bp
default_pass = {PASSWORD}
log.file.level = warning
listeners.ssl.1 = 127.0.0.1:{self.tls_port}
ssl_options.certfile = {self.folder}/certificate.pem
ssl_options.keyfile = {self.folder}/key.pem
""")
        self.put("plugins", "[].\n")
        self.put(".erlang.cookie", "bounceparse")
        os.chmod(os.path.join(self.folder, ".erlang.cookie"), 0o400)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": self.folder, "LANG": "C.UTF-8", "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_NODENAME": f"bp{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(distribution), "RABBITMQ_MNESIA_BASE": f"{self.folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{self.folder}/log", "RABBITMQ_CONFIG_FILE": f"{self.folder}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{self.folder}/none", "RABBITMQ_CONF_ENV_FILE": f"{self.folder}/none",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{self.folder}/plugins", "RABBITMQ_PID_FILE": f"{self.folder}/pid",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none",
        }
        self.epmd = subprocess.Popen(["epmd", "-port", str(self.epmd_port), "-address", "127.0.0.1"], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=end_with_the_tests)
        self.server = None
        self.start()

    def put(self, name, content):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(content)

    def start(self):
        with open(os.path.join(self.folder, "out"), "ab") as out:
            self.server = subprocess.Popen([RABBITMQ], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder,
                                           env=self.environment, start_new_session=True, preexec_fn=end_with_the_tests)
        for _ in range(600):
            if self.answers():
                return
            if self.server.poll() is not None:
                break
            time.sleep(0.2)
        with open(os.path.join(self.folder, "out"), encoding="utf-8", errors="replace") as out:
            raise RuntimeError(out.read())

    def answers(self):
        """AMQP 0-9-1, 2.2.4: connection.start answers the protocol header."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as a_socket:
                a_socket.sendall(b"AMQP\0\0\x09\x01")
                return a_socket.recv(1) == b"\x01"
        except OSError:
            return False

    def stop(self):
        """As if the power had failed."""
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()

    def close(self):
        self.stop()
        self.epmd.kill()
        self.epmd.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, what, queue, *more):
        done = subprocess.run([CLIENT, what, self.uri, PASSWORD, queue, *more], capture_output=True, timeout=120, check=False)
        if done.returncode:
            raise RuntimeError(f"{what} {queue}: {done.stderr.decode()}")
        return done.stdout.decode()

    def count(self, queue):
        return int(self.client("count", queue))

    def show(self, queue):
        """Routing key, reason, id, type, delivery mode and bytes of each."""
        rows = [line.split("\t") for line in self.client("show", queue).splitlines()]
        return [(*row[:5], base64.b64decode(row[5])) for row in rows]


BROKER = None


def setUpModule():
    global BROKER
    if os.path.exists(MODULE) and os.path.exists(RABBITMQ) and shutil.which("openssl"):
        BROKER = Broker()


def tearDownModule():
    if BROKER:
        BROKER.close()


def greet(a_socket):
    """As a mail server."""
    connection = a_socket.accept()[0]
    with connection:
        connection.sendall(b"220 mx.example.net ESMTP\r\n")
        connection.recv(100)


def bounce(n, **more):
    """The n-th of many that differ."""
    return dsn(address=f"user{n}@d{n % 7}.example", subject=f"Mail {n}", **more)


class Without(ProgramTest):
    @unittest.skipIf(os.path.exists(MODULE), "the module is there")
    def test_one_clear_error(self):
        for command, status in (("enqueue",), 75), (("worker", "--publish", "x"), 66):
            result = self.run_program(*command, "--queue", "amqp://bob@localhost/x", stdin=MAIL)
            self.assertEqual((result.status, result.out), (status, ""))
            self.assert_one_line(result.err, "amqp://localhost/x: ", os.path.basename(MODULE))

    def test_the_program_itself_does_not_need_it(self):
        out = subprocess.run(["ldd", PROGRAM], capture_output=True, check=True).stdout
        self.assertNotIn(b"rabbitmq", out)
        self.assertNotIn(b"libssl", out)


@unittest.skipUnless(os.path.exists(MODULE), "built without AMQP")
class Usage(ProgramTest):
    def refused(self, status, part, *arguments, **more):
        result = self.run_program(*arguments, stdin=MAIL, **more)
        self.assertEqual((result.status, result.out), (status, ""), result.err)
        self.assert_one_line(result.err, part)
        self.assertNotIn("secret", result.err)

    def test_wrong_usage(self):
        queue = "--queue", "amqp://localhost"
        for arguments, part in [
            (["enqueue"], "--queue"), (["worker", "--db", "x"], "--queue"), (["enqueue", *queue, "a"], "a: "),
            (["worker", *queue], "--db"), (["worker", *queue, "--db", "x", "a"], "a: "), (["enqueue", *queue, "--db", "x"], "--db"),
            (["enqueue", *queue, "--name", "n" * 251], "250"), (["enqueue", *queue, "--name", b"\xff"], "UTF-8"),
            (["worker", *queue, "--db", "x", "--prefetch", "0"], "--prefetch"), (["scan", *queue], "--queue"),
        ]:
            with self.subTest(arguments=arguments):
                self.refused(64, part, *arguments)
        self.assertEqual(os.listdir(self.folder), [])

    def test_wrong_uris(self):
        for uri in "http://localhost/", "localhost", "amqp://h:port/", "amqp://[::1/", "amqp://h/a/b":
            with self.subTest(uri=uri):
                self.refused(64, "amqp://USER@HOST", "enqueue", "--queue", uri)
                self.refused(64, "amqp://USER@HOST", "worker", "--publish", "x", "--queue", uri)

    def test_a_password_on_the_command_line(self):
        for uri in "amqp://bob:secret@h", "amqps://bob:secret@h:5/v", "amqp://bob:se@cret/secret@h", "amqp://bob:guest@h":
            with self.subTest(uri=uri):
                self.refused(64, "amqp", "enqueue", "--queue", uri)

    def test_no_such_password_file(self):
        self.refused(75, "none: ", "enqueue", "--queue", "amqp://h", "--password-file", "none")
        self.refused(66, "none: ", "worker", "--publish", "x", "--queue", "amqp://h", "--password-file", "none")

    def test_nobody_there(self):
        self.refused(75, "amqp://127.0.0.1:", "enqueue", "--queue", f"amqp://127.0.0.1:{free_port()}")
        self.refused(75, "amqp://127.0.0.1:", "worker", "--publish", "x", "--queue", f"amqp://127.0.0.1:{free_port()}")


@unittest.skipUnless(os.path.exists(MODULE), "built without AMQP")
@unittest.skipUnless(os.path.exists(RABBITMQ) and shutil.which("openssl"), "no RabbitMQ is installed")
class Queue(ProgramTest):
    queues = 0

    def setUp(self):
        super().setUp()
        Queue.queues += 1
        self.name = f"test{Queue.queues}"
        self.log = open(self.path("err"), "ab")
        self.addCleanup(self.log.close)

    def environment(self, **more):
        return super().environment(**{"BOUNCEPARSE_AMQP_PASSWORD": PASSWORD, **more})

    def where(self):
        return "--queue", BROKER.uri, "--name", self.name

    def enqueue(self, mail, *arguments, status=0, **more):
        result = self.run_program("enqueue", *self.where(), *arguments, stdin=mail, **more)
        self.assertEqual((result.status, result.out), (status, ""), result.err)
        return result.err

    def deliver(self, mail):
        """As a mail system, again and again: those that make a quorum queue at once may get in each other's way, and
        one of a broker that has just started may not take anything yet."""
        for _ in range(6):
            if self.run_program("enqueue", *self.where(), stdin=mail).status == 0:
                return
            time.sleep(1)
        self.fail("not taken")

    def fill(self, numbers):
        """Many at once, which no mail system does."""
        for n in numbers:
            self.put(f"mails/{n}", bounce(n))
        BROKER.client("fill", self.name, self.path("mails"))

    def begin(self, *arguments, **more):
        process = subprocess.Popen([PROGRAM, "worker", *self.where(), *(arguments or ["--db", "h.db"])], cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=self.environment(**more))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    @staticmethod
    def catches(process, number):
        with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
            caught = next(line.split()[1] for line in file if line.startswith("SigCgt:"))
        return int(caught, 16) >> (number - 1) & 1

    def end(self, process, status=0):
        """One that has just begun is told to end once it listens."""
        self.wait_for(lambda: self.catches(process, signal.SIGTERM), process)
        process.terminate()
        self.assertEqual(process.wait(timeout=60), status, self.errors())

    def errors(self):
        with open(self.path("err"), encoding="utf-8") as file:
            return file.read()

    def wait_for(self, condition, process=None, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if process:
                self.assertIsNone(process.poll(), self.errors())
            self.assertLess(time.monotonic(), end, self.errors())
            time.sleep(0.05)

    def recorded(self, table="messages"):
        if not os.path.exists(self.path("h.db")):
            return 0
        with sqlite3.connect(self.path("h.db"), timeout=60) as database:
            try:
                return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            except sqlite3.OperationalError:
                return 0

    CONTENT = ("SELECT hex(m.digest), m.kind, m.subject, r.position, r.address, r.action, r.cause, r.diagnostic "
               "FROM messages m LEFT JOIN recipients r ON r.message = m.id ORDER BY 1, 4")

    def content(self, name="h.db"):
        with sqlite3.connect(self.path(name), timeout=60) as database:
            return database.execute(self.CONTENT).fetchall()

    def content_of_scan(self, *inputs):
        result = self.run_program("scan", "--db", "clean.db", "--format", "csv", "--output", "csv", *inputs)
        self.assertEqual(result.status, 0, result.err)
        return self.content("clean.db")

    def dead(self):
        return BROKER.count(self.name + ".dead")


class ThereAndBack(Queue):
    def test_as_scan(self):
        samples = sorted(glob.glob(os.path.join(SAMPLES, "*", "*.eml")))[:: 20 if FEW else 8]
        mails = [FAILURE.replace(b"Hello", b"\0\xff\r\n\r\r"), MAIL, b"From x\nSubject: 1\n"]
        for i, mail in enumerate(mails):
            self.put(f"m/{i}.eml", mail)
        for i, path in enumerate(samples):  # two folders may have the same name
            shutil.copy(path, self.path(f"m/s{i}.eml"))
        for name in os.listdir(self.path("m")):
            with open(self.path("m/" + name), "rb") as file:
                self.assertEqual(self.enqueue(file.read()), "")
        self.enqueue(FAILURE)
        self.enqueue(FAILURE)  # counts once
        self.put("m/f.eml", FAILURE)
        process = self.begin()
        self.wait_for(lambda: self.recorded() == len(samples) + 4, process)
        self.end(process)
        self.assertEqual(self.content(), self.content_of_scan("m"))
        self.assertEqual((BROKER.count(self.name), self.dead(), self.errors()), (0, 0, ""))

    def test_what_is_put(self):
        for mail in MAIL, BINARY:
            self.enqueue(mail)
        self.assertEqual([row[1:] for row in BROKER.show(self.name)],
                         [("", "", "message/rfc822", "2", mail) for mail in (MAIL, BINARY)])

    def test_empty_and_too_large(self):
        self.assert_one_line(self.enqueue(b"", status=65), "empty")
        self.assert_one_line(self.enqueue(MAIL, "--limit-message", "10", status=75), "limit")
        self.assertEqual(BROKER.count(self.name) if self.enqueue(MAIL) == "" else None, 1)

    def test_no_limit_is_met_by_a_large_one(self):
        mail = FAILURE + b"x" * (2 if FEW else 20) * 1000 * 1000
        self.enqueue(mail)
        process = self.begin()
        self.wait_for(self.recorded, process)
        self.end(process)

    def test_classic(self):
        self.enqueue(MAIL, "--classic")
        process = self.begin("--db", "h.db", "--prefetch", "1", "--jobs", "1")  # what is there is taken as it is
        self.wait_for(self.recorded, process)
        self.end(process)

    def test_many_workers_make_the_queues(self):
        processes = [self.begin() for _ in range(4)]
        self.wait_for(lambda: BROKER.count(self.name) >= 0 and BROKER.count(self.name + ".dead") >= 0)
        self.enqueue(FAILURE)
        self.wait_for(self.recorded)
        for process in processes:
            self.end(process)

    def test_many_put_at_once(self):
        threads = [threading.Thread(target=self.deliver, args=(bounce(n),)) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertGreaterEqual(BROKER.count(self.name), 12)

    def test_no_longer_than_the_message(self):
        self.enqueue(bounce(1), "--limit-message", str(len(bounce(1))))


class Published(Queue):
    def publish(self, mails, *arguments):
        for n, mail in enumerate(mails):
            self.put(f"{n}.eml", mail)
            self.enqueue(mail)
        BROKER.client("bind", self.name + "-all", self.name + "-results", "#")
        BROKER.client("bind", self.name + "-some", self.name + "-results", "failure.user-unknown")
        process = self.begin("--publish", self.name + "-results", *arguments)
        self.wait_for(lambda: BROKER.count(self.name + "-all") + max(self.dead(), 0) == len(mails), process)
        self.end(process)
        return BROKER.show(self.name + "-all")

    def test_keys_and_objects(self):
        mails = [FAILURE, dsn(action="delayed", status="4.4.1", reply="connect to mx[192.0.2.1]:25: Connection timed out"), MAIL,
                 dsn(action="delivered", status="2.1.5", reply="250 2.1.5 OK")]
        rows = sorted(self.publish(mails, "--db", "h.db"))
        self.assertEqual([row[0] for row in rows], ["delay.connection-failed", "failure.user-unknown", "other", "success"])
        expected = {}
        for n in range(len(mails)):
            result = self.run_program("--json", f"{n}.eml")
            an_object = {**json.loads(result.out), "source": self.name}
            expected[an_object["kind"]] = an_object
        with sqlite3.connect(self.path("h.db")) as database:
            digests = dict(database.execute("SELECT kind, lower(hex(digest)) FROM messages").fetchall())
        for key, reason, message_id, content_type, mode, body in rows:
            an_object = json.loads(body)
            VALIDATOR.validate(an_object)
            self.assertEqual(an_object, expected[an_object["kind"]])
            self.assertNotIn(b"\n", body)
            self.assertEqual((reason, message_id, content_type, mode),
                             ("", digests[an_object["kind"]], "application/json", "2"))
            self.assertTrue(key.startswith(an_object["kind"]))
        self.assertEqual(BROKER.count(self.name + "-some"), 1)
        self.assertEqual(self.errors(), "")

    def test_in_german_and_brief(self):
        ((_, _, _, _, _, body),) = self.publish([FAILURE], "--lang", "de")
        self.assertEqual(json.loads(body)["lang"], "de")
        self.name += "b"
        ((_, _, _, _, _, body),) = self.publish([FAILURE], "--brief")
        self.assertNotIn("title", json.loads(body)["recipients"][0])


class Dead(Queue):
    def test_no_mail(self):
        self.enqueue(BINARY)
        self.put("empty", b"")
        BROKER.client("fill", self.name, self.path("empty"))
        self.enqueue(FAILURE)
        process = self.begin()
        self.wait_for(lambda: self.recorded() == 1 and self.dead() == 2, process)
        self.end(process)
        rows = sorted(BROKER.show(self.name + ".dead"), key=lambda row: row[5])
        self.assertEqual([(row[1], row[5]) for row in rows],
                         [("empty", b""), ("no mail: nothing like a header in its first 64 KiB", BINARY)])
        self.assertEqual({row[0] for row in rows}, {self.name})
        self.assertEqual(len(self.errors().splitlines()), 2)

    def hit(self, process, which):
        """Hits every child until something is dead. Asking for that takes a while, in which none may escape."""
        stop = threading.Event()

        def hit_children():
            hit = set()
            while not stop.wait(0.001):
                for child in set(children(process.pid)) - hit:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(child, which)
                    hit.add(child)

        hitting = threading.Thread(target=hit_children)
        hitting.start()
        try:
            self.wait_for(lambda: self.dead() == 1, process)
        finally:
            stop.set()
            hitting.join()

    def poison(self, which, reason):
        """A mail whose children do not survive it, and others that are not harmed."""
        self.enqueue(bounce(1))
        process = self.begin("--db", "h.db", "--jobs", "1", "--metrics", "metrics")
        self.wait_for(lambda: self.recorded() == 1, process)
        if which == signal.SIGSTOP:
            for child in children(process.pid):
                os.kill(child, which)
        poison = b"".join(bounce(n) for n in range(2000 if FEW else 12000))
        self.put("poison", poison)
        filling = threading.Thread(target=BROKER.client, args=("fill", self.name, self.path("poison")))
        filling.start()
        self.hit(process, which)
        filling.join()
        self.enqueue(bounce(2))
        self.wait_for(lambda: self.recorded() >= 2, process)
        self.wait_for(lambda: BROKER.count(self.name) == 0, process)
        self.end(process)
        ((key, said, _, _, mode, body),) = BROKER.show(self.name + ".dead")
        self.assertEqual((key, said, mode, body == poison), (self.name, reason, "2", True))
        self.assertEqual(self.recorded(), 2)
        self.assertIn(reason, self.errors())
        with open(self.path("metrics"), encoding="utf-8") as file:
            self.assertIn('bounceparse_dead_letters_total{reason="analysis-lost"} 1\n', file.read())

    def test_killed(self):
        self.poison(signal.SIGKILL, "the analysis broke off")

    def test_hung(self):
        self.poison(signal.SIGSTOP, "the analysis took too long")


class Died(Queue):
    """Whoever dies in the middle of it."""

    N = 600 if FEW else 3000

    def all_there(self):
        self.assertEqual(self.content(), self.content_of_scan("mails"))
        self.assertEqual(self.recorded(), self.N)
        self.assertEqual((BROKER.count(self.name), max(self.dead(), 0)), (0, 0))

    def test_workers_killed(self):
        self.enqueue(bounce(0))
        self.fill(range(self.N))
        processes = [self.begin() for _ in range(3)]
        for n in range(6):
            time.sleep(0.25)
            processes[n % 3].kill()
            processes[n % 3].wait()
            processes[n % 3] = self.begin()
        self.wait_for(lambda: self.recorded() == self.N and BROKER.count(self.name) == 0)
        for process in processes:
            self.end(process)
        self.all_there()

    def test_broker_killed(self):
        self.enqueue(bounce(0))
        # RabbitMQ may forget a quorum queue that was made in the second before the power failed.
        time.sleep(3)
        self.fill(range(self.N))
        process = self.begin("--db", "h.db", "--publish", self.name + "-results", "--metrics", "metrics")
        another = self.begin("--db", "h.db")
        self.wait_for(lambda: self.recorded() > 100, process)
        BROKER.stop()
        try:
            self.assert_one_line(self.enqueue(bounce(1), status=75), "amqp://127.0.0.1:")
            time.sleep(1)
            self.assertIsNone(process.poll())
            self.end(another)
        finally:
            BROKER.start()
        self.deliver(bounce(self.N))
        self.put(f"mails/{self.N}", bounce(self.N))
        Died.N += 1
        try:
            self.wait_for(lambda: self.recorded() == self.N and BROKER.count(self.name) == 0, process)
            self.end(process)
            self.all_there()
        finally:
            Died.N -= 1
        self.assertIn("connected again", self.errors())
        with open(self.path("metrics"), encoding="utf-8") as file:
            self.assertRegex(file.read(), r"\nbounceparse_reconnects_total [1-9]")

    def test_the_queue_is_deleted(self):
        self.enqueue(bounce(1))
        process = self.begin()
        self.wait_for(self.recorded, process)
        BROKER.client("delete", self.name)
        self.wait_for(lambda: "connected again" in self.errors(), process)
        self.enqueue(bounce(2))
        self.wait_for(lambda: self.recorded() == 2, process)
        self.end(process)

    def test_the_store_is_gone(self):
        """The mails stay on the queue."""
        self.enqueue(bounce(1))
        process = self.begin()
        self.wait_for(self.recorded, process)
        with sqlite3.connect(self.path("h.db")) as database:
            database.execute("DROP TABLE recipients")
        self.enqueue(bounce(2))
        self.assertIn(process.wait(timeout=90), (66, 73, 75))
        self.assert_one_line(self.errors(), "h.db: ")
        self.assertEqual(BROKER.count(self.name), 1)

    def test_told_to_end(self):
        self.enqueue(bounce(0))
        for number in signal.SIGTERM, signal.SIGINT:
            self.fill(range(self.N))
            process = self.begin("--db", "h.db", "--prefetch", "50")
            self.wait_for(lambda: children(process.pid), process)
            time.sleep(0.1)
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=20), 0)
        self.assertEqual(self.errors(), "")
        process = self.begin()
        self.wait_for(lambda: self.recorded() == self.N and BROKER.count(self.name) == 0, process)
        self.end(process)
        self.all_there()


class Allowed(Queue):
    def test_passwords(self):
        for env in {"BOUNCEPARSE_AMQP_PASSWORD": "secret"}, {"BOUNCEPARSE_AMQP_PASSWORD": ""}:
            err = self.enqueue(MAIL, status=75, env=env)
            self.assert_one_line(err, "ACCESS_REFUSED")
            self.assertNotIn("secret", err)
            result = self.run_program("worker", *self.where(), "--db", "h.db", env=env)
            self.assertEqual(result.status, 66)
            self.assert_one_line(result.err, "ACCESS_REFUSED")
        self.put("password", PASSWORD + "\nsecond line\n")
        self.assertEqual(self.enqueue(MAIL, "--password-file", "password", env={"BOUNCEPARSE_AMQP_PASSWORD": "wrong"}), "")

    def test_no_such_virtual_host(self):
        for command, status in (["enqueue"], 75), (["worker", "--publish", "x"], 66):
            result = self.run_program(*command, "--queue", BROKER.uri + "/nowhere", stdin=MAIL)
            self.assertEqual(result.status, status)
            self.assert_one_line(result.err, "/nowhere: ", "nowhere")

    def test_tls(self):
        uri = f"amqps://bp@localhost:{BROKER.tls_port}"
        trust = {"SSL_CERT_FILE": os.path.join(BROKER.folder, "certificate.pem")}
        for queue, env in (uri, {}), (uri.replace("localhost", "127.0.0.1"), trust):
            result = self.run_program("enqueue", "--queue", queue, "--name", self.name, stdin=MAIL, env=env)
            self.assertEqual(result.status, 75)
            self.assert_one_line(result.err, "amqps://")
        result = self.run_program("enqueue", "--queue", uri, "--name", self.name, stdin=FAILURE, env=trust)
        self.assertEqual((result.status, result.err), (0, ""))
        self.fill(range(200))
        process = self.begin("--queue", uri, "--db", "h.db", **trust)
        self.wait_for(lambda: self.recorded() == 201, process)
        self.end(process)
        self.assertEqual(self.errors(), "")

    def test_not_amqp(self):
        with socket.socket() as a_socket:
            a_socket.bind(("127.0.0.1", 0))
            a_socket.listen()
            threading.Thread(target=greet, args=(a_socket,), daemon=True).start()
            result = self.run_program("enqueue", "--queue", f"amqp://127.0.0.1:{a_socket.getsockname()[1]}", stdin=MAIL)
            self.assertEqual(result.status, 75)
            self.assert_one_line(result.err, "amqp://")


class Watched(Queue):
    def test_notifications(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as a_socket:
            a_socket.bind(self.path("notify"))
            a_socket.settimeout(30)
            process = self.begin(NOTIFY_SOCKET=self.path("notify"), WATCHDOG_USEC="500000")
            self.assertEqual(a_socket.recv(100), b"READY=1")
            since = time.monotonic()
            self.assertEqual([a_socket.recv(100) for _ in range(5)], [b"WATCHDOG=1"] * 5)
            self.assertLess(time.monotonic() - since, 2.5)
            self.end(process)
            last = b"WATCHDOG=1"
            while last == b"WATCHDOG=1":
                last = a_socket.recv(100)
            self.assertEqual(last, b"STOPPING=1")

    def samples(self):
        """The metrics, as Prometheus reads them."""
        with open(self.path("metrics"), encoding="utf-8") as file:
            text = file.read()
        self.assertTrue(text.endswith("\n"))
        helped, types, values = set(), {}, {}
        for line in text.splitlines():
            if line.startswith("# HELP "):
                helped.add(line.split()[2])
            elif line.startswith("# TYPE "):
                types[line.split()[2]] = line.split()[3]
            else:
                self.assertRegex(line, r'\A[a-z_]+(\{[a-z]+="[a-z-]+"\})? [0-9]+(\.[0-9]+)?\Z')
                name, value = line.rsplit(" ", 1)
                self.assertNotIn(name, values)
                values[name] = float(value)
                bare = name.split("{")[0]
                family = bare if bare in types else bare.rsplit("_", 1)[0]
                self.assertEqual(types[family] == "counter", bare.endswith("_total"))
        self.assertEqual(helped, set(types))
        return values

    def test_metrics(self):
        for mail in FAILURE, bounce(1), MAIL, BINARY:
            self.enqueue(mail)
        process = self.begin("--db", "h.db", "--metrics", "metrics")
        self.wait_for(lambda: self.recorded() == 3 and self.dead() == 1, process)
        self.assertEqual(self.samples()["bounceparse_in_hand"], 0)
        self.end(process)
        values = self.samples()
        for name, value in {'messages_total{kind="failure"}': 2, 'messages_total{kind="other"}': 1,
                            'messages_total{kind="auto-reply"}': 0, 'dead_letters_total{reason="no-mail"}': 1,
                            'dead_letters_total{reason="analysis-lost"}': 0, "redelivered_total": 0, "reconnects_total": 0,
                            "analysis_seconds_count": 4, "connected": 0}.items():
            self.assertEqual(values["bounceparse_" + name], value, name)
        self.assertEqual(values["bounceparse_received_bytes_total"], sum(map(len, (FAILURE, bounce(1), MAIL, BINARY))))
        self.assertGreater(values["bounceparse_analysis_seconds_sum"], 0)
        self.assertEqual(os.stat(self.path("metrics")).st_mode & 0o777, 0o666 & ~self.umask())

    @staticmethod
    def umask():
        mask = os.umask(0)
        os.umask(mask)
        return mask

    def test_metrics_that_cannot_be_written(self):
        result = self.run_program("worker", *self.where(), "--db", "h.db", "--metrics", "none/metrics")
        self.assertEqual(result.status, 73)
        self.assert_one_line(result.err, "none/metrics: ")


main()
