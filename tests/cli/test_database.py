"""bounceparse-database(5): it tells every table, view and column, and its queries run."""

import os
import re
import sqlite3

from program import FAILURE, ProgramTest, main

MANUAL = os.path.join(os.path.dirname(os.environ["BOUNCEPARSE_SAMPLES"]), "man", "bounceparse-database.5")


class Database(ProgramTest):
    def setUp(self):
        super().setUp()
        self.put("a.eml", FAILURE)
        self.assertEqual(self.run_program("scan", "--db", "db", "--format", "jsonl", "a.eml").status, 0)
        self.database = sqlite3.connect(self.path("db"))
        self.addCleanup(self.database.close)
        with open(MANUAL, encoding="utf-8") as file:
            self.manual = file.read()

    def columns(self, name):
        return [row[1] for row in self.database.execute(f"PRAGMA table_info({name})")]

    def test_every_table_and_column(self):
        for (name,) in self.database.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            section = re.search(rf"^\.Ss {name}\n(.*?)^\.S", self.manual, re.MULTILINE | re.DOTALL)
            self.assertTrue(section, name)
            for column in self.columns(name):
                self.assertRegex(section[1], rf"\b{column}\b", name)

    def test_every_view(self):
        tables = set(self.columns("recipients"))
        views = re.search(r"^\.Ss Views\n(.*?)^\.S", self.manual, re.MULTILINE | re.DOTALL)[1]
        for (name,) in self.database.execute("SELECT name FROM sqlite_master WHERE type = 'view'"):
            section = re.search(rf"^\.It {name}\n(.*?)^\.(?:It|El)", views, re.MULTILINE | re.DOTALL)
            self.assertTrue(section, name)
            for column in self.columns(name):
                if name != "results" or column not in tables:
                    self.assertRegex(section[1], rf"\b{column}\b", name)

    def test_queries(self):
        queries = re.findall(r"^(SELECT .*?);$", self.manual, re.MULTILINE | re.DOTALL)
        self.assertEqual(len(queries), 3)
        for query in queries:
            self.database.execute(query).fetchall()
        self.assertEqual(self.database.execute(queries[1]).fetchall(), [("example.com", 1, 1)])
        self.assertEqual(len(self.database.execute(queries[2]).fetchall()), 1)

    def test_version(self):
        (version,), = self.database.execute("PRAGMA user_version")
        (application,), = self.database.execute("PRAGMA application_id")
        self.assertIn(f"version of the schema, {version};", self.manual)
        self.assertIn(f"0x{application:x}", self.manual)


if __name__ == "__main__":
    main()
