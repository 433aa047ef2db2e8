"""bounceparse filter where things go wrong: any bytes, and a child, a system or a caller that fails at any time. Either
the status is 0 and the whole mail is there, or the status says that the caller must keep it.

A short, fixed run is a test. For a long one: BOUNCEPARSE_ROUNDS=5000 BOUNCEPARSE_SEED=2 BOUNCEPARSE_MAILS=FOLDER."""

import collections
import errno
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from program import PROGRAM, SAMPLES, SANITIZED, children

ROUNDS = int(os.environ.get("BOUNCEPARSE_ROUNDS", "120"))
SEED = int(os.environ.get("BOUNCEPARSE_SEED", "1"))
MAILS = os.environ.get("BOUNCEPARSE_MAILS", SAMPLES)

HEADER_MAX = 256 * 1024
OURS = re.compile(rb"X-Bounce-(Kind|Recipient|Action|Status|Cause|Permanence|Advice|Vendor)(-\d+)?[ \t]*:", re.I)
BLOCK = re.compile(rb"(X-Bounce-[A-Z][a-z]+(-\d+)?:[ -~]*\n([ ][!-~][ -~]*\n)*)*")


# ---- the mail as it may be changed ----------------------------------------------------------------------------


def from_line(mail):
    """The length of a From_ line in front."""
    if not mail.startswith(b"From "):
        return 0
    return mail.find(b"\n" if b"\n" in mail[:HEADER_MAX] else b"\r") + 1


def renamed(mail):
    """The mail, without its From_ line, whose forged fields are X-Old-Bounce-…"""
    head, lf, at, out = mail[:HEADER_MAX], b"\n" in mail[:HEADER_MAX], 0, []
    for line in re.findall(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z", head):
        content = line.rstrip(b"\r\n")
        if OURS.match(content):
            line = line[:2] + b"Old-" + line[2:]
        out.append(line)
        before, at = at, at + len(content) + len(line) - len(line.rstrip(b"\r\n"))
        if content == b"" and (not lf or (head[at - 1 : at] == b"\n" and (before == 0 or head[before - 1 : before] == b"\n"))):
            break
    return b"".join(out) + mail[at:]


def why_different(mail, out):
    """None where out is the mail, perhaps with a block, and nothing else."""
    begins = from_line(mail)
    rest = renamed(mail[begins:])
    block = out[begins : len(out) - len(rest)]
    if len(out) < begins + len(rest) or out[:begins] != mail[:begins] or not out.endswith(rest):
        return "changed"
    ending = next(iter(re.findall(rb"\r\n|\n", mail[:HEADER_MAX]) or re.findall(rb"\r", mail[:HEADER_MAX])), b"\n")
    if ending != b"\n" and (block.count(ending) != block.count(ending[:1]) or block.count(ending) != block.count(ending[-1:])):
        return "line ends of the block"
    if not BLOCK.fullmatch(block.replace(ending, b"\n")):
        return "no block: %r" % block[:200]
    if block and not block.startswith(b"X-Bounce-Kind: "):
        return "a part of a block: %r" % block[:200]
    return None


# ---- mails of all sorts ---------------------------------------------------------------------------------------


def read_seeds():
    found = []
    for folder, _, names in sorted(os.walk(MAILS)):
        for name in sorted(names):
            with open(os.path.join(folder, name), "rb") as one:
                found.append(one.read())
    return found


def forged(chance):
    name = chance.choice(["Kind", "Recipient", "Action", "Status", "Cause", "Permanence", "Advice", "Vendor", "Kinds", "Old"])
    line = f"X-Bounce-{name}{chance.choice(['', '', '-2', '-20', '-', '-x', '-007'])}{chance.choice(['', ' ', chr(9)])}: x"
    return "".join(chance.choice([c, c, c.swapcase()]) for c in line).encode()


def forge(chance, mail):
    lines = re.split(rb"(?<=\n)", mail)
    for _ in range(chance.randrange(1, 6)):
        lines.insert(chance.randrange(min(len(lines) + 1, 30)), forged(chance) + chance.choice([b"\n", b"\r\n", b"\r", b""]))
    return b"".join(lines)


def mutate(chance, mail):
    mail = bytearray(mail)
    for _ in range(chance.randrange(1, 40)):
        at = chance.randrange(len(mail) + 1)
        mail[at : at + chance.randrange(4)] = chance.choice(
            [chance.randbytes(chance.randrange(5)), b"\0", b"\r", b"\n", b"\r\n", b"\n\n", b"From ", b"X-Bounce-Kind: "])
    return bytes(mail)


SORTS = [
    lambda chance, mail: mail,
    forge,
    mutate,
    lambda chance, mail: mutate(chance, forge(chance, mail)),
    lambda chance, mail: mail[: chance.randrange(len(mail) + 1)],
    lambda chance, mail: mail.replace(b"\n", b"\r\n"),
    lambda chance, mail: mail.replace(b"\n", b"\r"),
    lambda chance, mail: re.sub(rb"\n", lambda _: chance.choice([b"\n", b"\r\n", b"\r"]), mail),
    lambda chance, mail: b"From a@example.com Mon Nov 23 10:00:00 2026\n" + forge(chance, mail),
    lambda chance, mail: b"From a@example.com Mon Nov 23 10:00:00 2026\r\n" + mail.replace(b"\n", b"\r\n"),
    lambda chance, mail: chance.choice([b" ", b"\t", b"\n", b"\r\n", b"\0", b"From ", b"From"]) + mail,
    lambda chance, mail: mail.rstrip(b"\n"),
    lambda chance, mail: chance.randbytes(chance.randrange(5000)),
    lambda chance, mail: bytes(chance.choice(b"\r\n \0:X") for _ in range(chance.randrange(40))),
    lambda chance, mail: b"",
    lambda chance, mail: b"\0" * chance.randrange(100000),
    lambda chance, mail: mail + chance.randbytes(1000) * chance.randrange(2000),
    lambda chance, mail: b"Subject: " + b"x" * (HEADER_MAX - chance.randrange(40)) + b"\n" + forged(chance) + b"\n\nbody",
    lambda chance, mail: b"A: b\n" * chance.randrange(80000) + forged(chance) + b"\n\nbody",
]


# ---- faults ---------------------------------------------------------------------------------------------------


def no_fault(chance, run):
    pass


def child_killed(chance, run):
    run.during = lambda: run.signal_child(signal.SIGKILL, chance.random() * 0.03)


def itself_ended(chance, run):
    which = chance.choice([signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
    run.may_die_of = {which}
    run.during = lambda: run.signal_parent(which, chance.random() * 0.03)


def limited(name, low, high):
    def limit(chance, run):
        value = chance.randrange(low, high)
        run.before.append(lambda: resource.setrlimit(name, (value, value)))
        run.starved = name in (resource.RLIMIT_AS, resource.RLIMIT_DATA, resource.RLIMIT_NOFILE, resource.RLIMIT_STACK)

    limit.__name__ = f"limit_{name}"
    return limit


def no_processes(chance, run):
    def begin():
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))

    run.before.append(begin)


def full_disk(chance, run):
    run.out = open("/dev/full", "wb")


def limited_file(chance, run):
    run.out = tempfile.TemporaryFile()
    value = chance.randrange(len(run.mail) + 400)
    run.before.append(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (value, value)))


def closed(*descriptors):
    def close(chance, run):
        for descriptor in descriptors:
            run.before.append(lambda which=descriptor: os.close(which))
        run.must_fail = 0 in descriptors or 1 in descriptors

    close.__name__ = f"closed_{descriptors}"
    return close


def folder_in(chance, run):
    def begin():
        os.dup2(os.open("/", os.O_RDONLY), 0)

    run.before.append(begin)
    run.must_fail = True


def reader_leaves(chance, run):
    run.reads = chance.randrange(len(run.mail) + 100)


def signals_ignored(chance, run):
    run.before.append(lambda: [signal.signal(which, signal.SIG_IGN) for which in (signal.SIGCHLD, signal.SIGPIPE)])
    run.reads = chance.choice([None, chance.randrange(len(run.mail) + 100)])


def signals_default(chance, run):
    run.before.append(lambda: [signal.signal(which, signal.SIG_DFL) for which in (signal.SIGPIPE, signal.SIGXFSZ)])
    run.reads = chance.choice([None, chance.randrange(len(run.mail) + 100)])


def no_blocking(chance, run):
    run.before.append(lambda: [os.set_blocking(descriptor, False) for descriptor in (0, 1)])
    run.slow = True


def complaints_lost(chance, run):
    run.err = open("/dev/full", "wb")
    run.options = chance.choice([["--limit-message", "1"], []])


FAULTS = [
    no_fault, no_fault, child_killed, itself_ended, limited(resource.RLIMIT_NOFILE, 0, 9), full_disk,
    limited_file, closed(0), closed(1), closed(2), closed(1, 2), closed(0, 1, 2), folder_in, reader_leaves, signals_ignored,
    signals_default, no_blocking, complaints_lost,
] + ([] if SANITIZED else [
    no_processes,  # LeakSanitizer needs one
    limited(resource.RLIMIT_AS, 1 << 20, 400 << 20), limited(resource.RLIMIT_AS, 30 << 20, 120 << 20),
    limited(resource.RLIMIT_DATA, 1 << 10, 30 << 20), limited(resource.RLIMIT_STACK, 1 << 10, 1 << 18),
])


# Where the sanitizers are built in, the one for leaks ends with a process of its own, which is none of ours to kill or stop.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"]))}


class Run:
    """One mail through one filter, with one fault."""

    def __init__(self, mail):
        self.mail, self.options = mail, []
        self.before = []  # in the new process
        self.during = lambda: None  # beside it
        self.out = self.err = subprocess.PIPE
        self.reads = None  # bytes after which the reader goes away
        self.slow = self.must_fail = self.starved = False
        self.may_die_of = set()

    def signal_child(self, which, after):
        """Whether one was there."""
        time.sleep(after)
        met = []
        try:
            met = children(self.process.pid)
            for child in met:
                os.kill(child, which)
        except (FileNotFoundError, ProcessLookupError):
            return False
        return bool(met)

    def signal_parent(self, which, after):
        time.sleep(after)
        if self.process.poll() is None:
            self.process.send_signal(which)

    def feed(self):
        try:
            step = max(1, len(self.mail) // 5) if self.slow else max(1, len(self.mail))
            for at in range(0, len(self.mail), step):
                self.process.stdin.write(self.mail[at : at + step])
                self.process.stdin.flush()
                time.sleep(0.002 if self.slow else 0)
            self.process.stdin.close()
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EINVAL):
                raise

    def read(self):
        out, pipe = b"", self.process.stdout
        while self.reads is None or len(out) < self.reads:
            some = pipe.read1(4096 if self.slow else 1 << 20)
            if not some:
                return out
            out += some
        pipe.close()
        return None

    def begin(self):
        for step in self.before:
            step()

    def go(self):
        """The status, what came out (None: unknown), and what stood on stderr."""
        err = self.err if self.err is not subprocess.PIPE else tempfile.TemporaryFile()
        self.process = subprocess.Popen([PROGRAM, "filter", *self.options], stdin=subprocess.PIPE, stdout=self.out,
                                        stderr=err, env=ENVIRONMENT, preexec_fn=self.begin)
        threads = [threading.Thread(target=self.feed), threading.Thread(target=self.during)]
        for thread in threads:
            thread.start()
        out = self.read() if self.out is subprocess.PIPE else None
        status = self.process.wait(timeout=60)
        for thread in threads:
            thread.join()
        if self.out is not subprocess.PIPE and self.out.name != "/dev/full":
            self.out.seek(0)
            out = self.out.read()
        text = b"" if err.name == "/dev/full" else (err.seek(0), err.read())[1]
        for stream in [self.process.stdin, self.process.stdout, self.out, err]:
            if hasattr(stream, "close"):
                try:
                    stream.close()
                except OSError:
                    pass
        return status, out, text


class Faults(unittest.TestCase):
    def check(self, run):
        try:
            status, out, err = run.go()
        except OSError:
            return "not started"
        if status == 0:
            self.assertFalse(run.must_fail, "status 0 though it could not read or write")
            if out is not None:
                self.assertIsNone(why_different(run.mail, out), err)
                return "marked" if b"X-Bounce-Kind: " in out[: from_line(out) + 15] else "passed on"
            return "passed on, unseen"
        if status == 75 or -status in run.may_die_of:
            return str(status)
        # The dynamic linker, the kernel or GLib's locks, made when it is loaded, had too little to even start the program.
        begun = status == -signal.SIGABRT and b"GLib (gthread-posix.c)" not in err
        self.assertTrue(run.starved and status in (127, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT) and not begun,
                        (status, err))
        return f"not begun, {status}"

    def test_rounds(self):
        seeds, chance = read_seeds(), random.Random(SEED)
        tally = collections.Counter()
        for i in range(ROUNDS):
            sort = SORTS[chance.randrange(len(SORTS))] if i >= len(SORTS) else SORTS[i]
            fault = FAULTS[i % len(FAULTS)]
            run = Run(sort(chance, chance.choice(seeds)))
            fault(chance, run)
            with self.subTest(i=i, fault=fault.__name__, sort=SORTS.index(sort)):
                tally[fault.__name__, self.check(run)] += 1
        if "BOUNCEPARSE_ROUNDS" in os.environ:
            for (fault, end), n in sorted(tally.items()):
                print(f"{n:6}  {fault:20} {end}", file=sys.stderr)
        for end in ["marked", "passed on", "75"]:
            self.assertIn(end, [ends for _, ends in tally], "no such end was reached: the faults do not work")

    def test_the_comparison(self):
        """What is not the mail is told from it."""
        mail = b"From a@b\r\nSubject: x\r\nx-bounce-kind: y\r\n\r\nX-Bounce-Kind: z\r\n"
        good = b"From a@b\r\nX-Bounce-Kind: other\r\nSubject: x\r\nx-Old-bounce-kind: y\r\n\r\nX-Bounce-Kind: z\r\n"
        self.assertIsNone(why_different(mail, good))
        for bad in [mail, good[:-1], good + b"\n", good.replace(b"\r\nSubject", b"\nSubject"), good.replace(b"x-Old-b", b"x-b"),
                    good.replace(b"Kind: z", b"Old-Kind: z"), good.replace(b"X-Bounce-Kind: other", b"X-Bounce-Cause: x"),
                    good.replace(b"X-Bounce-Kind: other", b"X-Other: x"), good.replace(b"From a@b\r\n", b"")]:
            self.assertIsNotNone(why_different(mail, bad), bad)

    def test_a_child_that_hangs(self):
        """It is stopped: after ten seconds the mail goes out without it."""
        layer = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, layer)
        os.mkdir(os.path.join(layer, "replies"))
        with open(os.path.join(layer, "replies", "own.conf"), "w", encoding="utf-8") as file:
            file.write("[own]\nmatch=nobody says so\ncause=unknown\nexample=nobody says so\n")
        mail = b"From: a@example.com\nSubject: x\n\nHello\n"
        run = Run(mail)
        run.options = ["--patterns", layer]  # the child puts the set in order first: long enough to be met at that

        def stop():
            while run.process.poll() is None and not run.signal_child(signal.SIGSTOP, 0.0005):
                pass

        run.during = stop
        begun = time.monotonic()
        status, out, err = run.go()
        self.assertEqual(status, 0)
        self.assertEqual(out, mail)
        self.assertEqual(err.count(b"\n"), 1)
        self.assertLess(time.monotonic() - begun, 20)


if __name__ == "__main__":
    unittest.main()
