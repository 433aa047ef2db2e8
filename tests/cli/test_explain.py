"""bounceparse explain."""

from program import ProgramTest, main


class Explain(ProgramTest):
    def explain(self, *arguments, **more):
        result = self.run_program("explain", "--json", *arguments, **more)
        self.assertEqual((result.status, result.err), (0, ""))
        return result.objects

    def test_arguments_are_one_reply(self):
        (answer,) = self.explain("550", "5.1.1", "User unknown")
        self.assertEqual(list(answer)[:3], ["v", "source", "text"])
        self.assertEqual((answer["source"], answer["text"]), ("-", "550 5.1.1 User unknown"))
        self.assertEqual((answer["code"], answer["status"], answer["cause"]), ("550", "5.1.1", "user-unknown"))
        self.assertNotIn("address", answer)
        self.assertNotIn("action", answer)

    def test_arguments_are_split_at_newlines(self):
        self.assertEqual(len(self.explain("550 5.1.1 User unknown\n452 4.2.2 Mailbox full")), 2)
        self.assertEqual(len(self.explain("550-5.1.1 User\n550 5.1.1 unknown")), 1)

    def test_an_empty_argument_is_a_reply(self):
        self.assertEqual(len(self.explain("")), 1)

    def test_a_code(self):
        (answer,) = self.explain("550")
        self.assertEqual(answer["code"], "550")
        self.assertEqual(len(answer["code_meaning"]["digits"]), 3)

    def test_lines_on_stdin(self):
        lines = b"550 5.1.1 User unknown\n\n421 busy\r\n550-5.1.1 No\n550-5.1.1 such\n550 5.1.1 user\n550-left\n250 OK"
        self.assertEqual([a["text"][:3] for a in self.explain(stdin=lines)], ["550", "421", "550", "550", "250"])

    def test_items_ended_by_nul(self):
        answers = self.explain("--null", stdin=b"550 5.1.1 User unknown\x00\x00421 4.2.1\nbusy\x00")
        self.assertEqual([a["text"] for a in answers], ["550 5.1.1 User unknown", "", "421 4.2.1 busy"])
        self.assertEqual(len(self.explain("--null", stdin=b"550\x00421")), 2)
        self.assertEqual(self.explain("--null", stdin=b""), [])

    def test_a_quoted_reply_is_judged_by_its_own_words(self):
        bare = "550 5.7.1 Command rejected"
        for quoted, command in (
            (f"host mx.example.org[192.0.2.30] said: {bare} (in reply to end of DATA command)", "DATA"),
            (f"SMTP error from remote mail server after RCPT TO:<user@example.org>: {bare}", "RCPT TO"),
            (f"... while talking to mx.example.org.: >>> RCPT To:<user@example.org> <<< {bare}", "RCPT TO"),
            (f"192.0.2.30 does not like recipient. Remote host said: {bare} Giving up on 192.0.2.30.", None),
            (f"smtp; {bare}", None),
        ):
            (answer,) = self.explain(quoted)
            self.assertEqual((answer["text"], answer["diagnostic"]), (quoted, bare))
            self.assertEqual((answer["cause"], answer["rule"]), ("policy-rejected", "common-command-rejected"))
            self.assertEqual(answer.get("command"), command)

    def test_the_name_of_a_host_is_no_wording(self):
        for reply in "<srv.domain.local #5.2.2>", "<srv.unknown.local #5.2.2>", "<mx.user.example #5.2.2>":
            (answer,) = self.explain(reply)
            self.assertEqual(answer["cause"], "mailbox-full", reply)

    def test_who_is_refused_before_the_recipient_is_named(self):
        (answer,) = self.explain("SMTP error from remote mail server after MAIL FROM:<a@example.com> SIZE=1024: "
                                 "host mx.example.org [192.0.2.30]: 550 5.1.1 User unknown")
        self.assertEqual((answer["cause"], answer["remote_host"]), ("sender-rejected", "mx.example.org"))

    def test_a_positive_reply_has_no_cause(self):
        for reply in ("250", "2.1.5", "354"):
            (answer,) = self.explain(reply)
            for key in ("cause", "category", "permanence", "advice"):
                self.assertNotIn(key, answer)

    def test_a_very_long_line_gives_one_answer(self):
        self.assertEqual(len(self.explain(stdin=b"550 " + b"x" * 1000000 + b"\n421\n")), 2)

    def test_bytes_of_any_kind(self):
        (answer,) = self.explain(stdin=b"550 \xff\x1b[31m\x00 User unknown\n")
        self.assertEqual(answer["code"], "550")

    def test_options_may_stand_before(self):
        before = self.run_program("--json", "--lang", "de", "explain", "421")
        self.assertEqual(before.objects, self.explain("--lang", "de", "421"))

    def test_text(self):
        result = self.run_program("explain", "550 5.1.1 User unknown")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertIn("550 5.1.1 User unknown", result.out)
        self.assertIn("user-unknown", result.out)

    def test_nothing_to_explain(self):
        result = self.run_program("explain", stdin=b"\n \n")
        self.assertEqual((result.status, result.out), (65, ""))
        self.assert_one_line(result.err)


main()
