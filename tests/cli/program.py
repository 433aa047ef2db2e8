"""The program under test, messages for it, and the schema its JSON must fit."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import jsonschema
except ImportError:
    print("skipped: no python3-jsonschema")
    sys.exit(77)

PROGRAM = os.environ["BOUNCEPARSE"]
SCHEMA = os.environ["BOUNCEPARSE_SCHEMA"]
SAMPLES = os.environ.get("BOUNCEPARSE_SAMPLES", "")

with open(SCHEMA, encoding="utf-8") as file:
    VALIDATOR = jsonschema.Draft202012Validator(json.load(file))

with open(PROGRAM, "rb") as file:
    SANITIZED = b"__asan_init" in file.read()


def dsn(address="alice@example.com", action="failed", status="5.1.1",
        reply="550 5.1.1 <alice@example.com>: User unknown", subject="Hello"):
    """A report as of RFC 3464 on one recipient."""
    return f"""Return-Path: <>
Date: Mon, 23 Nov 2026 10:00:00 +0100
From: MAILER-DAEMON@mx.example.net
To: bob@example.net
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=utf-8

Your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Mon, 23 Nov 2026 09:59:00 +0100

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; {reply}

--b1
Content-Type: message/rfc822

From: bob@example.net
To: {address}
Subject: {subject}
Message-ID: <1@example.net>
Date: Mon, 23 Nov 2026 09:58:00 +0100
X-Campaign: autumn
X-Campaign: leaves

Hello

--b1--
""".encode("utf-8", "surrogateescape")


MAIL = b"From: bob@example.net\nTo: alice@example.com\nSubject: lunch\n\nAt noon?\n"
BINARY = bytes(range(256)) * 64

FAILURE = dsn()
DELAY = dsn(action="delayed", status="4.4.1", reply="connect to mx.example.com[192.0.2.1]:25: Connection timed out")
SUCCESS = dsn(action="delivered", status="2.1.5", reply="250 2.1.5 OK")


def children(pid):
    """The processes that a process has started, and that are still there."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


class Result:
    def __init__(self, status, out, err):
        self.status = status
        self.bytes = out
        self.out = out.decode("utf-8")
        self.err = err.decode("utf-8")

    @property
    def objects(self):
        """The JSON objects, each held against the schema."""
        assert not self.bytes or self.bytes.endswith(b"\n"), "a partial line"
        objects = [json.loads(line) for line in self.bytes.split(b"\n")[:-1]]
        for an_object in objects:
            VALIDATOR.validate(an_object)
        return objects


class ProgramTest(unittest.TestCase):
    """Runs the program in an empty folder, without the user's own settings."""

    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="bounceparse-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, content):
        path = os.path.join(os.fsencode(self.folder), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as a_file:
            a_file.write(content if isinstance(content, bytes) else content.encode())

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("LC_", "LANG", "XDG_")) and name not in ("NO_COLOR", "BOUNCEPARSE_PATTERNS")}
        return {**kept, "HOME": self.folder, "TERM": "xterm", **more}

    def run_program(self, *arguments, stdin=b"", env=None, **more):
        done = subprocess.run([PROGRAM, *arguments], input=stdin, capture_output=True, cwd=self.folder, timeout=240,
                              env=self.environment(**(env or {})), check=False, **more)
        return Result(done.returncode, done.stdout, done.stderr)

    def assert_one_line(self, err, *parts):
        """One clear line on stderr that names the program, the input and the reason."""
        self.assertRegex(err, r"\Abounceparse: [^\n]+: [^\n]+\n\Z")
        for part in parts:
            self.assertIn(part, err)


main = unittest.main
