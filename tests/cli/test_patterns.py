"""bounceparse patterns, and layers of patterns."""

import glob
import os

from program import FAILURE, SAMPLES, ProgramTest, main

RULE = """[house-rule]
match=User unknown at our house
cause=mailbox-full
example=550 5.1.1 User unknown at our house
"""
REPLY = "550 5.1.1 User unknown at our house"


class Patterns(ProgramTest):
    def cause(self, *arguments, **more):
        return self.run_program("explain", "--json", *arguments, REPLY, **more).objects[0]["cause"]

    def test_the_first_line_says_what_a_copy_is_for(self):
        files = glob.glob(os.path.join(SAMPLES, os.pardir, "patterns", "**", "*.conf"), recursive=True)
        self.assertGreater(len(files), 50)
        for path in files:
            with open(path, encoding="utf-8") as file:
                self.assertTrue(file.readline().startswith("# Built into libbounceparse; an installed copy is for reading."), path)

    def test_layers(self):
        self.put("own/replies/house.conf", RULE)
        self.assertEqual(self.cause(), "user-unknown")
        self.assertEqual(self.cause("--patterns", "own"), "mailbox-full")
        self.assertEqual(self.cause(env={"BOUNCEPARSE_PATTERNS": "none::" + self.path("own")}), "mailbox-full")

    def test_a_group_that_others_name_is_taken_out(self):
        """What goes before it, and what it takes the place of, is none the worse for it."""
        self.put("own/replies/house.conf", "[common-user-unknown]\ndisabled=true\n")
        self.put("own/blocklists.conf", "[spamhaus]\ndisabled=true\n")
        result = self.run_program("explain", "--json", "550 User unknown", "--patterns", "own")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.objects[0]["cause"], "unknown")

    def test_words(self):
        reply = "550 unknown student/staff id - check spelling or ask helpdesk ext. 4357"
        self.assertEqual(self.run_program("patterns", "test", reply).out.split("\t")[:3], ["words", "-", "user-unknown"])
        self.put("own/words/no-such-cause.conf", "[no-such-cause]\nreply=550 whatever\n")
        result = self.run_program("explain", reply, "--patterns", "own")
        self.assertEqual((result.status, result.out), (78, ""))
        self.assert_one_line(result.err, "no-such-cause.conf:1")

    def test_the_users_layer(self):
        self.put("config/bounceparse/patterns/replies/house.conf", RULE)
        self.assertEqual(self.cause(env={"XDG_CONFIG_HOME": self.path("config")}), "mailbox-full")
        self.assertEqual(self.cause(env={"XDG_CONFIG_HOME": "config"}), "user-unknown")
        self.put(".config/bounceparse/patterns/replies/house.conf", RULE)
        self.assertEqual(self.cause(), "mailbox-full")

    def test_a_broken_layer(self):
        for text in (RULE.replace("cause=", "caus="), RULE.replace("mailbox-full", "no-such-cause"), "[x\n", "[a]\nmatch=(abcd\ncause=unknown\n"):
            self.put("own/replies/house.conf", text)
            for arguments in (["--json"], ["explain", "550"], ["patterns", "list"]):
                with self.subTest(text=text, arguments=arguments):
                    result = self.run_program(*arguments, "--patterns", "own", stdin=FAILURE)
                    self.assertEqual((result.status, result.out), (78, ""))
                    self.assert_one_line(result.err, "house.conf:")

    def test_a_layer_that_is_missing(self):
        result = self.run_program("--patterns", "none", stdin=FAILURE)
        self.assertEqual((result.status, result.out), (78, ""))
        self.assert_one_line(result.err, "none: ")

    def test_check(self):
        self.put("own/replies/house.conf", RULE)
        result = self.run_program("patterns", "check", "own")
        self.assertEqual(result.status, 0)
        self.assertRegex(result.out, r"^\d+ examples and counter-examples, 0 failed; 0 errors, 0 warnings\n$")
        self.put("own/replies/house.conf", RULE.replace("example=550 5.1.1 User unknown", "example=550 5.1.1 Nobody"))
        result = self.run_program("patterns", "check", "own")
        self.assertEqual((result.status, result.err), (78, ""))
        self.assertIn("house.conf:", result.out)
        self.assertEqual(self.run_program("patterns", "check", "none").status, 78)

    def test_check_says_where_a_file_cannot_be_read(self):
        self.put("own/replies/house.conf", "[x]\nmatsch=abc\n")
        result = self.run_program("patterns", "check", "own")
        self.assertEqual((result.status, result.err), (78, ""))
        self.assertRegex(result.out, r'(?m)^own/replies/house.conf:2:1: error: unknown key "matsch"$')

    def test_defined_names(self):
        """(?&name) stands for what the head of the file defines, there alone."""
        self.put("own/replies/house.conf", "define=ours at our (?:house|home)\n" + RULE.replace("at our house", "(?&ours)", 1))
        self.assertEqual(self.cause("--patterns", "own"), "mailbox-full")
        self.assertEqual(self.run_program("patterns", "check", "own").status, 0)
        self.put("own/replies/other.conf", RULE.replace("house-rule", "other").replace("at our house", "(?&ours)", 1))
        result = self.run_program("explain", "--patterns", "own", REPLY)
        self.assertEqual((result.status, result.out), (78, ""))
        self.assert_one_line(result.err, "other.conf:2: ")

    def test_what_only_pcre2_runs(self):
        """It works, and the check warns of it."""
        self.put("own/replies/house.conf", RULE.replace("User unknown at our house", r"(User) unknown(?!.*\1) at our \p{Ll}{5}", 1))
        self.assertEqual(self.cause("--patterns", "own"), "mailbox-full")
        result = self.run_program("patterns", "check", "own")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertRegex(result.out, r"house.conf:2: warning: .*PCRE2.*\n.* 0 errors, 1 warnings")

    def test_catastrophic_backtracking(self):
        for pattern in (r"(?:User(?: \w+\s?)*)+ at our house", r"User.*.*.*.*unknown at our house"):
            with self.subTest(pattern):
                self.put("own/replies/house.conf", RULE.replace("User unknown at our house", pattern, 1))
                result = self.run_program("patterns", "check", "own")
                self.assertEqual((result.status, result.err), (0, ""))
                self.assertRegex(result.out, r"house.conf:1: warning: repeats .*\n.* 0 errors, 1 warnings")

    def test_over_in_the_head_of_a_file(self):
        """It is each rule's, and below stands for those further down: without it the longer match would win."""
        rules = "[house-first]\nmatch=our house\ncause=mailbox-full\nexample=550 our house\n\n" \
            "[house-second]\nmatch=User unknown at our house\ncause=greylisted\nexample=451 User unknown at our house\n"
        for head, cause in ("", "greylisted"), ("over=below common-user-unknown\n\n", "mailbox-full"), ("over=common-user-unknown\n\n", "greylisted"):
            self.put("own/replies/house.conf", head + rules)
            self.assertEqual(self.cause("--patterns", "own"), cause, head)
        self.put("own/replies/house.conf", "over=no-such-rule\n" + rules)
        result = self.run_program("patterns", "check", "own")
        self.assertEqual(result.status, 78)
        self.assertIn("house.conf:1: error: over=no-such-rule: there is no such group", result.out)

    def test_what_over_names_in_vain(self):
        """The check warns of it; a guard may name both, and cause: stands for both."""
        def rule(name, *lines):
            return "\n".join((RULE.replace("house-rule", "house-" + name).replace("our house", "house " + name) + lines[0], *lines[1:], ""))
        self.put("own/replies/house.conf", rule("strong", "over=house-weak house-other cause:user-unknown") + rule("other", "")
                 + rule("weak", "weak=true", "over=house-other") + rule("guard", "guard=true", "over=house-weak house-other"))
        warnings = [line for line in self.run_program("patterns", "check", "own").out.splitlines() if "over= names" in line]
        self.assertEqual(len(warnings), 2)
        self.assertRegex(warnings[0], r"house.conf:5: warning: .*\[house-weak\], which is weak:")
        self.assertRegex(warnings[1], r"house.conf:16: warning: .*\[house-other\], which is not weak:")

    def test_test(self):
        self.put("own/replies/house.conf", RULE)
        result = self.run_program("patterns", "test", "--patterns", "own", REPLY)
        self.assertEqual(result.status, 0)
        first = result.out.splitlines()[0].split("\t")
        self.assertEqual((first[0], first[2]), ("house-rule", "mailbox-full"))
        self.assertIn("house.conf:", first[3])
        self.assertEqual(self.run_program("patterns", "test", "550 Xyzzy").status, 1)

    def test_slips(self):
        def cause(text, *arguments):
            return self.run_program("explain", "--json", *arguments, text).objects[0]["cause"]
        self.assertEqual(cause("550 The recepient doesnt exsist!"), "user-unknown")
        self.assertEqual(cause("552 MAILBOX QOUTA EXEEDED"), "mailbox-full")
        for short, long in (("isn't handled", "is not handled"), ("can't be handled", "cannot be handled"), ("WON'T BE HANDLED", "WILL NOT BE HANDLED")):
            self.put("own/replies/house.conf", "[house-rule]\nmatch=Hamsters " + long.lower() + "\ncause=mailbox-full\nexample=550 Hamsters " + long.lower() + "\n")
            self.assertEqual(cause("550 Hamsters " + short, "--patterns", "own"), "mailbox-full")
        os.remove(self.path("own/replies/house.conf"))
        self.assertEqual(cause("550 unkown.example.org said: no"), cause("550 known.example.org said: no"))
        self.put("own/phrases.conf", "[own-slips]\nslip=mailbux: mailbox\nslip=unknewn: unknown\n")
        self.assertEqual(cause("550 mailbux unknewn", "--patterns", "own"), "user-unknown")
        self.assertEqual(cause("550 mailbux unknewn"), "unknown")
        self.assertEqual(cause("550 mailbux unknewn@example.org mailbux unknewn: mailbux", "--patterns", "own"), "user-unknown")
        self.put("own/phrases.conf", "[own-slips]\nslip=mailbux mailbox\n")
        self.assertIn("a slip is such as", self.run_program("patterns", "check", "own").out)

    def test_fields_of_steps(self):
        self.put("own/replies/house.conf", RULE + "step=Ask about {sending_ip|your server}.\nstep=Name {filter}.\nstep=Wait {retry_after|a few} seconds.\n")
        for reply, expected in ((REPLY, ["Ask about your server.", "Wait a few seconds."]),
                                (REPLY + ", 192.0.2.7 is banned", ["Ask about 192.0.2.7.", "Wait a few seconds."])):
            (answer,) = self.run_program("explain", "--json", "--patterns", "own", reply).objects
            self.assertEqual([step["text"] for step in answer["steps"]][:2], expected)

    def test_list(self):
        self.put("own/replies/house.conf", RULE)
        result = self.run_program("patterns", "list", "--patterns", "own", "--cause", "mailbox-full")
        rows = [line.split("\t") for line in result.out.splitlines()]
        self.assertIn("house-rule", [row[0] for row in rows])
        self.assertEqual({row[2] for row in rows}, {"mailbox-full"})
        self.assertEqual(self.run_program("patterns", "list", "--cause", "no-such-cause").status, 1)


main()
