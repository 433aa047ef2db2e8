"""Where messages come from, what they are called, and the exit status."""

import os
import subprocess
import unittest

from program import BINARY, FAILURE, MAIL, PROGRAM, SUCCESS, ProgramTest, main


class Inputs(ProgramTest):
    def sources(self, *arguments, **more):
        return [answer["source"] for answer in self.run_program("--json", *arguments, **more).objects]

    # ---- names

    def test_files_and_folders(self):
        self.put("f/b.eml", FAILURE)
        self.put("f/a/x", FAILURE)
        self.put("f/.hidden", FAILURE)
        self.assertEqual(self.sources("f/", "f/b.eml"), ["f/a/x", "f/b.eml", "f/b.eml"])
        self.assertEqual(self.sources("./f"), ["./f/a/x", "./f/b.eml"])
        self.assertEqual(self.sources("-", stdin=FAILURE), ["-"])

    def test_a_maildir(self):
        for name in ("cur/2:2,S", "new/1", "tmp/0", ".Sub/cur/3", ".Sub/new/4", ".Sub/tmp/5"):
            self.put("m/" + name, FAILURE)
        self.assertEqual(self.sources("m"), ["m/cur/2:2,S", "m/new/1"])
        self.assertEqual(self.sources("--recursive", "m"), ["m/.Sub/cur/3", "m/.Sub/new/4", "m/cur/2:2,S", "m/new/1"])

    def test_a_name_of_any_bytes(self):
        self.put(b"f/\xff\n\x1b x.eml", FAILURE)
        result = self.run_program("--json", "f")
        (answer,) = result.objects
        self.assertEqual(answer["source"], "f/\ufffd\n\x1b x.eml")
        self.assertEqual(answer["source_bytes"], "f/%FF%0A%1B%20x.eml")

    def test_an_mbox(self):
        from_line = b"From MAILER-DAEMON Mon Nov 23 10:00:00 2026\n"
        box = from_line + FAILURE + b"\n" + from_line + SUCCESS + b"\n" + from_line + MAIL + b"\n"
        self.put("box", box)
        self.put("box.eml", box)
        result = self.run_program("--json", "box")
        self.assertEqual([(a["index"], a["kind"]) for a in result.objects], [(0, "failure"), (1, "success"), (2, "other")])
        for answer in result.objects:
            self.assertTrue(box[answer["offset"]:].startswith(from_line))
        self.assertEqual(len(self.sources("box.eml")), 1)
        self.assertEqual(len(self.sources("--mbox", "box.eml")), 3)
        self.assertEqual(len(self.sources(stdin=box)), 1)
        self.assertEqual(len(self.sources("--mbox", stdin=box)), 3)

    def test_a_list_of_inputs(self):
        self.put("a b", FAILURE)
        self.put("c\nd", FAILURE)
        self.put("list", b"a b\n")
        self.assertEqual(self.sources("--files-from", "list"), ["a b"])
        self.assertEqual(self.sources("--files-from", "-", stdin=b"a b\0c\nd\0"), ["a b", "c\nd"])

    # ---- the exit status

    def status(self, *arguments, **more):
        return self.run_program("--json", *arguments, **more).status

    def test_yes_and_no(self):
        self.put("failure", FAILURE)
        self.put("mail", MAIL)
        self.assertEqual(self.status("failure"), 0)
        self.assertEqual(self.status("mail"), 1)
        self.assertEqual(self.status("mail", "failure", "mail"), 0)

    def test_empty_and_binary(self):
        for junk in (b"", b"\n\n\n", BINARY):
            result = self.run_program(stdin=junk)
            self.assertEqual((result.status, result.out), (65, ""))
            self.assert_one_line(result.err, "bounceparse: -: ")

    def test_a_missing_file(self):
        result = self.run_program("--json", "none")
        self.assertEqual(result.status, 66)
        self.assert_one_line(result.err, "none: no such file")
        self.assertEqual(result.objects[0]["error"], {"code": 66, "text": "no such file or folder"})

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_a_forbidden_file(self):
        self.put("f/a", FAILURE)
        self.put("f/b", FAILURE)
        os.chmod(self.path("f/a"), 0)
        result = self.run_program("--json", "f")
        self.assertEqual(result.status, 66)
        self.assertEqual([a["source"] for a in result.objects], ["f/a", "f/b"])
        self.assert_one_line(result.err, "f/a: permission denied")

    def test_a_read_error(self):
        folder = os.open(self.folder, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        done = subprocess.run([PROGRAM, "--json"], stdin=folder, capture_output=True, env=self.environment(), check=False)
        self.assertEqual(done.returncode, 74)

    def test_an_error_does_not_end_the_rest(self):
        self.put("failure", FAILURE)
        self.put("junk", BINARY)
        result = self.run_program("--json", "none", "junk", "failure")
        self.assertEqual(result.status, 66)
        self.assertEqual([a.get("error", {}).get("code") for a in result.objects], [66, 65, None])
        self.assertEqual(self.status("junk", "none"), 66)
        self.assertEqual(self.status("junk", "failure"), 65)

    def test_junk_in_a_folder_is_passed_over(self):
        self.put("f/junk", BINARY)
        self.put("f/a", FAILURE)
        result = self.run_program("--json", "f")
        self.assertEqual((result.status, len(result.objects)), (0, 1))
        self.assert_one_line(result.err, "f/junk: ")

    # ---- --quiet

    def test_quiet(self):
        for arguments, message, status in [
            ([], FAILURE, 0), ([], SUCCESS, 0), ([], MAIL, 1), ([], BINARY, 65),
            (["--kind", "failure"], FAILURE, 0), (["--kind", "delay,failure"], FAILURE, 0), (["--kind", "delay"], FAILURE, 1),
            (["--kind", "other"], MAIL, 0), (["--kind", "other", "--cause", "user-unknown"], MAIL, 1),
            (["--cause", "user-unknown"], FAILURE, 0), (["--cause", "mailbox-full,user-unknown"], FAILURE, 0),
            (["--cause", "user"], FAILURE, 1), (["--cause", "user-unknown", "--advice", "retry"], FAILURE, 1),
            (["--category", "recipient", "--advice", "remove"], FAILURE, 0), (["--advice", "remove"], SUCCESS, 1),
        ]:
            with self.subTest(arguments=arguments, status=status):
                result = self.run_program("-q", *arguments, stdin=message)
                self.assertEqual((result.status, result.out), (status, ""))

    def test_quiet_over_several_inputs(self):
        self.put("a", MAIL)
        self.put("b", FAILURE)
        self.assertEqual(self.run_program("-q", "--cause", "user-unknown", "a", "b").status, 0)
        self.assertEqual(self.run_program("-q", "--cause", "mailbox-full", "a", "b").status, 1)


main()
