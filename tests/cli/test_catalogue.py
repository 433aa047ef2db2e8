"""The gettext catalogues know every text of the program."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def lines_of(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip()]


class Catalogue(unittest.TestCase):
    def test_every_file_with_texts_is_listed(self):
        found = []
        for folder, _, names in os.walk(os.path.join(ROOT, "src")):
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), ROOT)
                if path.endswith(".c") and any(re.search(r'\bN?_\("', line) for line in lines_of(path)):
                    found.append(path)
        self.assertEqual(lines_of("po", "POTFILES"), sorted(found))

    @unittest.skipUnless(shutil.which("xgettext") and shutil.which("msgcmp"), "no gettext tools")
    def test_every_text_is_translated(self):
        with tempfile.NamedTemporaryFile(suffix=".pot") as template:
            subprocess.run(["xgettext", "--from-code=UTF-8", "--keyword=_", "--keyword=N_", "-f", "po/POTFILES", "-o", template.name],
                           cwd=ROOT, check=True)
            for language in lines_of("po", "LINGUAS"):
                done = subprocess.run(["msgcmp", f"po/{language}.po", template.name], cwd=ROOT, capture_output=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr.decode())


unittest.main()
