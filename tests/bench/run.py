#!/usr/bin/env python3
"""Measures bounceparse against a bare GMime program on the same files, in turn, and prints the ratios.

    run.py FLOOR BOUNCEPARSE PATTERNS TEXTS FOLDER...     pattern files, texts that people might mail to each other (FILE:FILE...),
                                                          and folders with bounces (*.eml)

Machines are noisy: what counts are the ratios of one run. Times are user and system time of whole processes, medians of
rounds; only that of two jobs is time by the clock, which says something where nothing else runs.
"""
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 7
COPIES = 2500  # messages of the throughput runs, about
FEW, MANY = 500, 10000  # messages between which memory must stay flat

floor, program, patterns, texts, *folders = sys.argv[1:]


class Spent:
    """What one process took."""

    def __init__(self, command, stdin=None):
        begin = time.monotonic()
        pid = os.fork()
        if pid == 0:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            if stdin:
                os.dup2(os.open(stdin, os.O_RDONLY), 0)
            os.execvp(command[0], command)
        usage = os.wait4(pid, 0)[2]
        self.wall = time.monotonic() - begin
        self.cpu = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss / 1024


def measure(kind, commands, rounds=ROUNDS, runs=1):
    """The median of each command, run in turn; each item is a command and its stdin."""
    spent = [[] for _ in commands]
    for _ in range(rounds):
        for i, (command, stdin) in enumerate(commands):
            spent[i].append(statistics.mean(getattr(Spent(command, stdin), kind) for _ in range(runs)))
    return [statistics.median(values) for values in spent]


def row(name, ours, theirs, unit, ratio, aim):
    print(f"{name:44} {ours:9.1f} {theirs:9.1f} {unit:4} {ratio:6.2f}   {aim}", flush=True)


def compare(name, aim, ours, theirs, stdin=None, runs=1, kind="cpu"):
    mine, other = measure(kind, [(ours, stdin), (theirs, None)], runs=runs)
    scale, unit = (1000, "ms") if kind == "cpu" else (1, "MiB")
    row(name, mine * scale, other * scale, unit, mine / other, aim)


def copy_messages(box, files, n):
    for i in range(max(1, n // len(files))):
        for j, path in enumerate(files):
            yield shutil.copyfile(path, os.path.join(box, f"{i:04}-{j:04}.eml"))


def write_large(path):
    with open(path, "w") as file:
        file.write("From: MAILER-DAEMON@example.net\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nNotice.\n"
                   "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@example.com\nAction: failed\n"
                   "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n--b\nContent-Type: message/rfc822\n\n"
                   "From: x@example.org\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nHello\n--c\nContent-Type: application/pdf\n"
                   "Content-Transfer-Encoding: base64\n\n" + ("QUJD" * 18 + "\n") * 280000 + "--c--\n--b--\n")


ENCODED = """From: =?utf-8?Q?Zustelldienst_=C3=BCber_example=2Enet?= <MAILER-DAEMON@example.net>
Subject: =?utf-8?Q?Unzustellbar=3A_Gr=C3=BC=C3=9Fe?=
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Ihre Nachricht konnte nicht zugestellt werden=3A

<a@example.com>: 550 5.1.1 Benutzer unbekannt, Gr=C3=BC=C3=9Fe
"""


def write_encoded(path):
    with open(path, "w") as file:
        file.write(ENCODED)


# ---- ordinary mail ---------------------------------------------------------------------------------------------------

PIECE = 40  # lines of a text that become one mail
HEADERS = ("From: Anna Berg <anna@example.org>\nTo: bob@example.net\nMessage-ID: <{n}@example.org>\nUser-Agent: Mutt/2.2\n",
           "From: Anna Berg <anna@example.org>\nTo: users@lists.example.com\nList-Id: Users <users.lists.example.com>\nPrecedence: list\n",
           "Return-Path: <bounces-{n}@example.com>\nFrom: The project <noreply@example.com>\nTo: bob@example.net\nAuto-Submitted: auto-generated\n")


def write_ordinary(box, paths, n):
    """Mails of people, posts to lists and what programs send, about mail that comes back, in turn."""
    lines = [line for path in paths for line in open(path, encoding="utf-8")]
    pieces = [lines[at:at + PIECE] for at in range(0, len(lines), PIECE)]
    for i in range(n):
        piece = pieces[i // len(HEADERS) % len(pieces)]
        subject = max(piece[:5], key=len).strip()[:60]
        path = os.path.join(box, f"{i:04}.eml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(HEADERS[i % len(HEADERS)].format(n=i) + f"Subject: {subject}\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n"
                       "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n" + "".join(piece))
        yield path


def bench_ordinary():
    with tempfile.TemporaryDirectory() as box:
        paths = list(write_ordinary(box, texts.split(":"), COPIES))
        compare("ordinary mails, bounceparse --json", "at most 2, as they are full of what bounces say", [program, "--json", box], [floor, *paths])


# ---- twice the rules ---------------------------------------------------------------------------------------------

WORD = re.compile(r"(?<![\\<{&A-Za-z_-])[a-z]{4,}(?![a-z]*[>_-])")  # of a pattern: no escape, no name


def rule_files():
    folder = os.path.join(patterns, "replies")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".conf")]


def twice_the_rules(box):
    """A layer of as many rules again: the same sentences with each word in the place of another."""
    texts = {path: re.sub(r"\n[ \t]+", " ", open(path, encoding="utf-8").read()) for path in rule_files()}
    words = sorted({w for text in texts.values() for line in re.findall(r"^(?:match=|define=\w+ )(.*)", text, re.M) for w in WORD.findall(line)})
    others = words[:]
    random.Random(1).shuffle(others)
    other = dict(zip(words, others))
    os.mkdir(os.path.join(box, "replies"))
    for path, text in texts.items():
        lines = []
        for line in text.splitlines():
            if line.startswith("["):
                line = "[again-" + line[1:]
            elif line.startswith(("match=", "define=")):
                name, words = re.fullmatch(r"(match=|define=\w+ )(.*)", line).groups()
                line = name + WORD.sub(lambda m: other.get(m[0], m[0]), words)
            elif line.startswith("over="):
                line = re.sub(r"(?<!\S)(?!cause:|advice:|below)", "again-", line[5:])
                line = "over=" + line
            elif not line.startswith(("cause=", "code=", "status=", "when-vendor=", "vendor=", "weak=")):
                continue
            lines.append(line)
        with open(os.path.join(box, "replies", os.path.basename(path)), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


REPEATS = 16  # of each reply, after a first pass: a layer's patterns become programs at their first use, once a process


def bench_rules():
    with tempfile.TemporaryDirectory() as box, tempfile.NamedTemporaryFile("w", encoding="utf-8") as replies, \
            tempfile.NamedTemporaryFile("w", encoding="utf-8") as first:
        twice_the_rules(box)
        texts = [t for path in rule_files() for t in re.findall(r"^example=(.*)", open(path, encoding="utf-8").read(), re.M)]
        replies.write("\0".join(texts * (1 + REPEATS)))
        first.write("\0".join(texts))
        replies.flush()
        first.flush()
        command = [program, "explain", "--json", "--brief", "--null"]
        more = [*command, "--patterns", box]
        if subprocess.run(more, stdin=open(first.name), stdout=subprocess.DEVNULL).returncode:
            sys.exit("the doubled set cannot be read")
        mine, start, theirs, other_start = measure("cpu", [(more, replies.name), (more, first.name), (command, replies.name),
                                                             (command, first.name)])
        n = len(texts) * REPEATS
        row("a reply, with twice the rules", (mine - start) / n * 1e6, (theirs - other_start) / n * 1e6, "us",
            (mine - start) / (theirs - other_start), "at most 1.2, against the set alone")


# ---- others --------------------------------------------------------------------------------------------------------

SISIMAI = "use Sisimai; my $n = Sisimai->make($ARGV[0], 'delivered' => 1); print scalar @$n;"


def bench_jobs(box):
    two, one = measure("wall", [([program, "--json", "--jobs", "2", box], None), ([program, "--json", box], None)])
    row(f"{MANY} messages, --jobs 2 against --jobs 1", two * 1000, one * 1000, "ms", one / two, "at least 1.8 on two idle processors")


def bench_sisimai(box):
    if shutil.which("perl") is None or subprocess.run(["perl", "-MSisimai", "-e1"], stderr=subprocess.DEVNULL).returncode:
        print("Sisimai for Perl (libsisimai-perl) is not installed", flush=True)
        return
    ours, theirs = measure("cpu", [([program, "--json", box], None), (["perl", "-e", SISIMAI, box], None)], rounds=1)
    row("all messages, against Sisimai for Perl", ours * 1000, theirs * 1000, "ms", ours / theirs, "the faster the better")


def link_messages(box, files, n):
    for i in range(n):
        os.link(files[i % len(files)], os.path.join(box, f"{i:06}.eml"))


def bench_many(files):
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many:
        link_messages(few, files, FEW)
        link_messages(many, files, MANY)
        command = [program, "scan", "--jobs", "1", "--format", "jsonl"]
        compare(f"scan, {MANY} messages against {FEW}", "at most 1.5", [*command, many], [*command, few], kind="memory")
        bench_jobs(many)


files = sorted(os.path.join(f, n) for folder in folders for f, _, names in os.walk(folder) for n in names if n.endswith(".eml"))
small = min(files, key=os.path.getsize)
with tempfile.TemporaryDirectory() as box, tempfile.TemporaryDirectory() as big:
    many = list(copy_messages(box, files, COPIES))
    large, encoded = os.path.join(big, "large.eml"), os.path.join(big, "encoded.eml")
    write_large(large)
    write_encoded(encoded)
    size = sum(map(os.path.getsize, many)) / len(many) / 1000
    print(f"{len(many)} messages of {size:.1f} KB; medians of {ROUNDS}".ljust(44), "    ours     GMime       ratio   aim", flush=True)
    compare("all messages, bounceparse --json", "at most 1.18 for 4 to 6 KB, as real ones are", [program, "--json", box], [floor, *many])
    bench_ordinary()
    compare("one message, bounceparse --json", "at most 1.5", [program, "--json", small], [floor, small], runs=10)
    compare("one message, bounceparse filter", "at most 1.5", [program, "filter"], [floor, small], stdin=small, runs=10)
    compare("one that GMime has to decode, --json", "at most 1.5", [program, "--json", encoded], [floor, encoded], runs=10)
    compare("one that GMime has to decode, filter", "at most 1.5", [program, "filter"], [floor, encoded], stdin=encoded, runs=10)
    compare("one message, peak memory", "at most 1.6", [program, "--json", small], [floor, small], kind="memory")
    compare("20 MB attachment in the original", "far below 1", [program, "--json", large], [floor, large])
    bench_many(many)
    bench_rules()
    bench_sisimai(box)
