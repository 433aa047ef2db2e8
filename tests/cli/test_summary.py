"""The history counted: JSON, text and the page agree with the database, and nothing in mail can act."""

import base64
import hashlib
import html.parser
import json
import os
import re
import shutil
import sqlite3
import subprocess
import unittest

from program import DELAY, FAILURE, MAIL, SUCCESS, ProgramTest, dsn, main

BLOCKED = "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using bl.spamcop.net; zen.spamhaus.org"
HOSTILE = "<script>document.title='taken'</script>\" onerror=\"document.title='taken'"

KEYS = ["messages", "recipients", "by_kind", "by_cause", "by_category", "by_advice", "by_domain", "by_vendor", "by_reporter",
        "by_blocklist", "by_day"]


class SummaryTest(ProgramTest):
    def fill(self):
        for i in range(20):
            self.put(f"m/u{i}.eml", dsn(address=f"u{i}@Example.com", subject=f"Mail {i}"))
        for i in range(5):
            self.put(f"m/b{i}.eml", dsn(address=f"b{i}@example.net", status="5.7.1", reply=BLOCKED)
                     .replace(b"Mon, 23 Nov 2026 10:00", b"Sun, 22 Nov 2026 10:00", 1))
        self.put("m/delay.eml", DELAY)
        self.put("m/ok.eml", SUCCESS)
        self.put("m/mail.eml", MAIL)
        self.assertEqual(self.run_program("scan", "--db", "h.db", "m").status, 0)

    def summary(self, *arguments):
        result = self.run_program("summary", "--json", *arguments)
        self.assertEqual((result.status, result.err), (0, ""))
        return json.loads(result.out)

    def count(self, sql):
        with sqlite3.connect(self.path("h.db")) as database:
            return dict(database.execute(sql).fetchall())


class Json(SummaryTest):
    def test_as_the_database_has_it(self):
        self.fill()
        got = self.summary("--db", "h.db")
        self.assertEqual(list(got), KEYS)
        self.assertEqual((got["messages"], got["recipients"]), (28, 27))
        for key, column in [("by_cause", "cause"), ("by_category", "category"), ("by_advice", "advice"), ("by_domain", "domain"),
                            ("by_vendor", "vendor"), ("by_reporter", "reporter_host"), ("by_day", "day")]:
            self.assertEqual(got[key], self.count(f"SELECT {column}, count(*) FROM results WHERE {column} IS NOT NULL GROUP BY 1"))
        self.assertEqual(got["by_kind"], self.count("SELECT kind, count(*) FROM messages GROUP BY 1"))
        self.assertEqual(got["by_day"], {"2026-11-22": 5, "2026-11-23": 22})
        self.assertEqual(got["by_blocklist"]["spamcop"], 5)
        self.assertEqual(list(got["by_cause"])[0], "user-unknown")

    def test_of_files(self):
        """The same without a database."""
        self.fill()
        self.assertEqual(self.summary("m"), self.summary("--db", "h.db"))

    def test_filters(self):
        self.fill()
        for arguments, messages, recipients in [
            (["--cause", "user-unknown"], 20, 20), (["--domain", "EXAMPLE.net"], 5, 5), (["--since", "2026-11-23"], None, 22),
            (["--until", "2026-11-22"], 5, 5), (["--since", "2026-11-22", "--until", "2026-11-22"], 5, 5),
            (["--domain", "example.com,example.net", "--cause", "ip-blocklisted"], 5, 5), (["--domain", "none.example"], 0, 0),
        ]:
            with self.subTest(arguments):
                got = self.summary("--db", "h.db", *arguments)
                self.assertEqual(got["recipients"], recipients)
                self.assertEqual(sum(got["by_day"].values()), recipients)
                self.assertEqual(sum(got["by_kind"].values()), got["messages"])
                if messages is not None:
                    self.assertEqual(got["messages"], messages)

    def test_usage_and_errors(self):
        self.put("a.eml", FAILURE)
        for arguments, status, part in [
            (["--db", "none.db"], 66, "none.db: "), (["--db", "x", "a.eml"], 64, "a.eml: "), (["--since", "yesterday", "a.eml"], 64, "--since"),
            (["--until", "2026-02-30", "a.eml"], 64, "--until"), (["none"], 66, "none: "), (["--html", "no/x", "a.eml"], 73, "no/x: "),
        ]:
            with self.subTest(arguments):
                result = self.run_program("summary", *arguments)
                self.assertEqual(result.status, status)
                self.assert_one_line(result.err, part)
        self.assertFalse(os.path.exists(self.path("none.db")))


class Text(SummaryTest):
    def test_text(self):
        self.fill()
        out = self.run_program("summary", "--db", "h.db").out
        self.assertTrue(out.startswith("Messages: 28, recipients: 27, from 2026-11-22 to 2026-11-23\n\n"))
        self.assertRegex(out, r"\nCauses\n  user-unknown +20 +74 %  █+")
        self.assertLessEqual(max(len(line) for line in out.splitlines()), 80)
        german = self.run_program("summary", "--lang", "de", "--db", "h.db").out
        self.assertTrue(german.startswith("Nachrichten: 28, Empfänger: 27, vom"))

    def test_scan_ends_with_it(self):
        self.fill()
        self.assertEqual(self.run_program("scan", "m").out, self.run_program("summary", "--db", "h.db").out)
        self.put("m/mail.eml", FAILURE)
        self.assertIn("Messages: 28,", self.run_program("scan", "--db", "h.db", "m").out)
        self.assertIn("Messages: 29,", self.run_program("summary", "--db", "h.db").out)

    def test_no_escape_reaches_the_terminal(self):
        self.fill()
        with sqlite3.connect(self.path("h.db")) as database:
            database.execute("UPDATE recipients SET domain = ? WHERE domain = 'example.net'", ("\x1b[31m\u202e.example",))
        out = self.run_program("summary", "--db", "h.db").out
        self.assertIn("\\x1b[31m\\u202e", out)
        self.assertNotIn("\x1b", out)


class Reader(html.parser.HTMLParser):
    """The tags of a page, and its text without style and script."""

    def __init__(self):
        super().__init__()
        self.tags, self.text, self.codes, self.within = [], [], {"style": "", "script": ""}, None

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.within = tag

    def handle_endtag(self, tag):
        self.within = None

    def handle_data(self, data):
        if self.within in self.codes:
            self.codes[self.within] += data
        else:
            self.text.append(data)


class Page(SummaryTest):
    def page(self, *arguments):
        result = self.run_program("summary", "--db", "h.db", "--html", "page.html", *arguments)
        self.assertEqual((result.status, result.out, result.err), (0, "", ""))
        with open(self.path("page.html"), encoding="utf-8") as file:
            reader = Reader()
            reader.feed(file.read())
            return reader

    def make_hostile(self):
        self.fill()
        with sqlite3.connect(self.path("h.db")) as database:
            database.execute("UPDATE recipients SET diagnostic = ?, domain = ?, vendor = ?, address = ?, reason = ?",
                             (HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE))
            database.execute("UPDATE messages SET reporter_host = ?, kind = ?", (HOSTILE, HOSTILE))

    def test_the_page(self):
        self.fill()
        page = self.page()
        text = " ".join(page.text)
        for part in ["Messages: 28", "The mailbox does not exist", "user-unknown", "example.com", "spamcop", BLOCKED[:40]]:
            self.assertIn(part, text)
        self.assertIn(("html", {"lang": "en"}), page.tags)
        self.assertFalse([attrs for _, attrs in page.tags if "src" in attrs or attrs.get("href", "#")[0] != "#"])
        german = self.page("--lang", "de")
        self.assertIn(("html", {"lang": "de"}), german.tags)
        for part in ["Empfänger", "nicht zugestellt", "100,0\u202f%"]:
            self.assertIn(part, " ".join(german.text))

    def test_the_policy_names_style_and_script(self):
        self.fill()
        page = self.page()
        (policy,) = [attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy"]
        self.assertTrue(policy.startswith("default-src 'none';"))
        for name, code in page.codes.items():
            digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
            self.assertIn(f"{name}-src 'sha256-{digest}'", policy)
        self.assertNotIn("unsafe", policy)

    def test_nothing_in_mail_is_markup(self):
        self.make_hostile()
        page = self.page()
        self.assertEqual([tag for tag, _ in page.tags].count("script"), 1)
        self.assertFalse([attrs for _, attrs in page.tags if "onerror" in attrs or "style" in attrs])
        self.assertIn(HOSTILE, "".join(page.text))

    def test_stdout_and_an_old_page(self):
        self.fill()
        self.put("page.html", "old")
        self.page()
        with open(self.path("page.html"), "rb") as file:
            self.assertEqual(self.run_program("summary", "--db", "h.db", "--html", "-").bytes, file.read())

    def test_an_empty_history(self):
        self.put("a.eml", MAIL)
        self.run_program("scan", "--db", "h.db", "a.eml")
        self.assertIn("Messages: 1,", " ".join("".join(self.page().text).split()))
        self.assertIn("Messages: 0,", " ".join("".join(self.page("--cause", "none").text).split()))

    @unittest.skipUnless(shutil.which("chromium"), "no chromium")
    def test_in_a_browser(self):
        """Only the page's own script runs: it makes the headings buttons; no text of mail does anything."""
        self.make_hostile()
        self.page()
        done = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--user-data-dir=" + self.path("c"),
                               "file://" + self.path("page.html")], capture_output=True, timeout=120, check=False)
        dom = done.stdout.decode()
        if "<title>" not in dom:
            self.skipTest("chromium does not run here")
        self.assertIn("<title>Bounces</title>", dom)
        self.assertRegex(dom, r"<th [^>]*><button type=\"button\">Cause</button></th>")
        self.assertFalse(re.search(r"taken</title>", dom))


main()
