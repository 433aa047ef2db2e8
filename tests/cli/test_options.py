"""The command line, and what is said where it is wrong."""

from program import FAILURE, ProgramTest, main


class Options(ProgramTest):
    def test_wrong_usage(self):
        for arguments, part in [
            (["--foo"], "--foo: "), (["-x"], "-x: "), (["--json=1"], "--json: "), (["--lang"], "--lang: "),
            (["--limit", "nonsense=1"], "--limit nonsense=1: "), (["--limit", "parts=-1"], "--limit parts=-1: "),
            (["--limit", "parts=0"], ": "), (["--limit", "parts=1X"], ": "), (["--limit-message", "99999999999G"], ": "),
            (["-q", "--kind", "bounce"], "--kind bounce: "), (["-q", "--advice", "removed"], "--advice removed: "),
            (["-q", "--category", ""], "--category : "), (["--cause", "user-unknown"], "--cause: "),
            (["--verp", "("], "("), (["--verp", "no-groups"], "no-groups"),
            (["explain", "--mbox", "550"], "--mbox: "), (["patterns"], "patterns: "), (["patterns", "chek"], "chek: "),
        ]:
            with self.subTest(arguments=arguments):
                result = self.run_program(*arguments, stdin=FAILURE)
                self.assertEqual((result.status, result.out), (64, ""))
                self.assert_one_line(result.err, part)

    def test_what_is_wrong_is_shown_without_control_characters(self):
        result = self.run_program("--\x1b[31m\n")
        self.assertEqual(result.status, 64)
        self.assert_one_line(result.err, r"--\x1b[31m\x0a: ")

    def test_help_and_version(self):
        for command in ([], ["explain"], ["patterns"]):
            result = self.run_program(*command, "--help")
            self.assertEqual((result.status, result.err), (0, ""))
            self.assertTrue(result.out.startswith("Usage: bounceparse"))
            self.assertLessEqual(max(len(line) for line in result.out.splitlines()), 100)
            german = self.run_program(*command, "--lang", "de", "--help")
            self.assertTrue(german.out.startswith("Aufruf: bounceparse"))
        self.assertRegex(self.run_program("--version").out, r"\Abounceparse \d+\.\d+\.\d+\n\Z")

    def test_options_may_follow_arguments_until_two_dashes(self):
        self.put("--json", FAILURE)
        self.put("a", FAILURE)
        self.assertEqual([a["source"] for a in self.run_program("a", "--json").objects], ["a"])
        self.assertEqual([a["source"] for a in self.run_program("--json", "--", "--json").objects], ["--json"])

    def test_a_file_called_like_a_subcommand(self):
        self.put("explain", FAILURE)
        self.assertEqual(self.run_program("--json", "./explain").objects[0]["source"], "./explain")

    def test_sizes(self):
        for size in ("100", "1K", "64m", "1G"):
            self.assertEqual(self.run_program("--limit", "text=" + size, stdin=FAILURE).status, 0)

    def test_errors_speak_the_readers_language(self):
        result = self.run_program("--foo", env={"LC_MESSAGES": "de_DE.UTF-8"})
        self.assert_one_line(result.err, "unbekannte Option")
        result = self.run_program("--lang", "de", "none")
        self.assert_one_line(result.err, "none: keine solche Datei")
        result = self.run_program("--lang", "de", "--foo")
        self.assert_one_line(result.err, "unbekannte Option")
        result = self.run_program("--lang=de", "--json", "--jobs", "0", "none")
        self.assert_one_line(result.err, "--jobs 0: muss eine Zahl ab 1 sein")


main()
