"""stdout that does not take everything."""

import os
import subprocess
import unittest

from program import FAILURE, PROGRAM, ProgramTest, main


class Output(ProgramTest):
    def run_into(self, stdout, *arguments, **more):
        return subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, cwd=self.folder,
                              env=self.environment(), check=False, **more)

    def put_many(self, n):
        for i in range(n):
            self.put(f"f/{i}", FAILURE)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_a_full_disk(self):
        self.put_many(1)
        for arguments in (["f"], ["--json", "f"], ["explain", "550"], ["--help"], ["patterns", "list"]):
            with self.subTest(arguments=arguments), open("/dev/full", "wb") as full:
                done = self.run_into(full, *arguments)
                self.assertEqual(done.returncode, 73)
                self.assert_one_line(done.stderr.decode())

    def test_a_reader_that_has_gone(self):
        self.put_many(200)
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            done = self.run_into(pipe, "--json", "f")
        self.assertEqual(done.returncode, 73)
        self.assert_one_line(done.stderr.decode())

    def test_no_partial_line_where_a_file_is_full(self):
        self.put_many(200)
        with open(self.path("out"), "w+b") as out:
            done = subprocess.run(["sh", "-c", 'ulimit -f 64 && exec "$0" --json f', PROGRAM], stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=subprocess.PIPE, cwd=self.folder, env=self.environment(), check=False)
            out.seek(0)
            written = out.read()
        self.assertEqual(done.returncode, 73)
        self.assert_one_line(done.stderr.decode())
        self.assertTrue(written.endswith(b"}\n"))

    def test_stdout_that_is_closed(self):
        self.put_many(1)
        done = self.run_into(None, "--json", "f", preexec_fn=lambda: os.close(1))
        self.assertEqual(done.returncode, 73)


main()
