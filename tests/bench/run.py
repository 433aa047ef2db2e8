#!/usr/bin/env python3
"""Measures bounceparse against a bare GMime program on the same files, in turn, and prints the ratios.

    run.py FLOOR BOUNCEPARSE FOLDER...     folders with bounces (*.eml)

Machines are noisy: what counts are the ratios of one run. Times are user and system time of whole processes, medians of rounds.
"""
import os
import shutil
import statistics
import sys
import tempfile

ROUNDS = 7
COPIES = 2500  # messages of the throughput runs, about

floor, program, *folders = sys.argv[1:]


def spend(command, stdin=None):
    """CPU seconds and peak KiB of a process."""
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        if stdin:
            os.dup2(os.open(stdin, os.O_RDONLY), 0)
        os.execv(command[0], command)
    usage = os.wait4(pid, 0)[2]
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def compare(name, target, ours, theirs, stdin=None, runs=1, memory=False):
    """Runs both in turn; the ratio of the medians."""
    a, b = [], []
    for _ in range(ROUNDS):
        a.append([spend(ours, stdin) for _ in range(runs)])
        b.append([spend(theirs) for _ in range(runs)])
    which = 1 if memory else 0
    mine = statistics.median(statistics.mean(r[which] for r in rounds) for rounds in a)
    other = statistics.median(statistics.mean(r[which] for r in rounds) for rounds in b)
    unit = (f"{mine / 1024:8.1f} MiB", f"{other / 1024:8.1f} MiB") if memory else (f"{mine * 1000:8.1f} ms", f"{other * 1000:8.1f} ms")
    print(f"{name:38} {unit[0]:>14} {unit[1]:>14}   {mine / other:6.2f}   {target}")


files = sorted(os.path.join(f, n) for folder in folders for f, _, names in os.walk(folder) for n in names if n.endswith(".eml"))
small = min(files, key=os.path.getsize)
with tempfile.TemporaryDirectory() as box, tempfile.TemporaryDirectory() as big:
    many = []
    for i in range(max(1, COPIES // len(files))):
        for j, path in enumerate(files):
            many.append(os.path.join(box, f"{i:04}-{j:04}.eml"))
            shutil.copyfile(path, many[-1])
    large = os.path.join(big, "large.eml")
    with open(large, "w") as file:
        file.write("From: MAILER-DAEMON@example.net\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nNotice.\n"
                   "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@example.com\nAction: failed\n"
                   "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n--b\nContent-Type: message/rfc822\n\n"
                   "From: x@example.org\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nHello\n--c\nContent-Type: application/pdf\n"
                   "Content-Transfer-Encoding: base64\n\n" + ("QUJD" * 18 + "\n") * 280000 + "--c--\n--b--\n")
    print(f"{len(many)} messages; CPU time, median of {ROUNDS} rounds      ours           GMime    ratio   aim")
    compare("all messages, bounceparse --json", "at most 1.18", [program, "--json", box], [floor, *many])
    compare("one message, bounceparse --json", "at most 1.5", [program, "--json", small], [floor, small], runs=10)
    compare("one message, bounceparse filter", "at most 1.5", [program, "filter"], [floor, small], stdin=small, runs=10)
    compare("one message, peak memory", "at most 1.6", [program, "--json", small], [floor, small], memory=True)
    compare("20 MB attachment in the original", "far below 1", [program, "--json", large], [floor, large])
