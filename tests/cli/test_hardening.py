"""The program, the library and the module are built to make an attack hard: PIE, full RELRO, stack protector, FORTIFY."""

import glob
import os
import re
import shutil
import subprocess
import unittest

from program import PROGRAM, SANITIZED

FOLDER = os.path.dirname(PROGRAM)
LIBRARIES = [path for path in glob.glob(os.path.join(FOLDER, "libbounceparse*.so*"))
             if os.path.isfile(path) and not os.path.islink(path)]


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], capture_output=True, text=True, check=True).stdout


@unittest.skipUnless(shutil.which("readelf"), "no readelf")
@unittest.skipIf(SANITIZED, "a build with sanitizers is not for use")
class Hardening(unittest.TestCase):
    def test_what_is_looked_at(self):
        self.assertGreaterEqual(len(LIBRARIES), 2, "the library and the HTML module")

    def test_position_independent(self):
        self.assertRegex(readelf("-h", PROGRAM), r"Type:\s+DYN")
        self.assertRegex(readelf("-d", PROGRAM), r"FLAGS_1.*\bPIE\b")

    def test_nothing_is_writable_that_need_not_be(self):
        for path in [PROGRAM, *LIBRARIES]:
            with self.subTest(path):
                segments = readelf("-l", path)
                self.assertIn("GNU_RELRO", segments)
                self.assertRegex(readelf("-d", path), r"BIND_NOW|FLAGS_1.*\bNOW\b")
                self.assertRegex(segments, r"GNU_STACK.* RW +0x")
                self.assertNotRegex(segments, r"LOAD.* RWE ")
                self.assertNotIn("TEXTREL", readelf("-d", path))

    def test_stack_protector_and_fortify(self):
        for path in [PROGRAM, *LIBRARIES]:
            with self.subTest(path):
                symbols = readelf("--dyn-syms", path)
                self.assertIn("__stack_chk_fail", symbols)
        if os.environ.get("BOUNCEPARSE_FORTIFY") == "1":
            symbols = "".join(readelf("--dyn-syms", path) for path in [PROGRAM, *LIBRARIES])
            self.assertTrue(re.search(r"\b__\w+_chk\b", symbols))


unittest.main()
