"""One message in JSON."""

import json

from program import BINARY, DELAY, FAILURE, MAIL, SUCCESS, ProgramTest, dsn, main


class Json(ProgramTest):
    def read(self, message, *options):
        result = self.run_program("--json", *options, stdin=message)
        self.assertEqual(result.err, "")
        (an_object,) = result.objects
        return an_object

    def test_a_failure(self):
        answer = self.read(FAILURE)
        self.assertEqual(answer["source"], "-")
        self.assertEqual(answer["kind"], "failure")
        self.assertEqual(answer["lang"], "en")
        self.assertEqual(answer["date"], "2026-11-23T09:00:00Z")
        self.assertEqual(answer["reporter"]["host"], "mx.example.net")
        self.assertEqual(answer["original"]["subject"], "Hello")
        (recipient,) = answer["recipients"]
        self.assertEqual(recipient["address"], "alice@example.com")
        self.assertEqual(recipient["status"], "5.1.1")
        self.assertEqual(recipient["code"], "550")
        self.assertEqual(recipient["cause"], "user-unknown")
        self.assertEqual(recipient["advice"], "remove")
        self.assertTrue(recipient["title"] and recipient["meaning"] and recipient["steps"])

    def test_order_of_keys(self):
        order = ["v", "source", "kind", "lang", "truncated", "warnings", "date", "arrival_date", "reporter", "original",
                 "feedback", "recipients"]
        recipient_order = ["address", "original_address", "action", "status", "status_meaning", "dsn_status", "code",
                           "code_meaning", "command", "diagnostic", "diagnostic_type", "remote_host", "remote_ip",
                           "will_retry_until", "last_attempt", "log_id", "vendor", "rule", "cause", "category",
                           "permanence", "advice", "reason", "blocklists", "facts", "suggestion", "title", "meaning",
                           "steps", "references"]
        answer = self.read(dsn(reply="550 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org"))
        self.assertEqual(list(answer), [key for key in order if key in answer])
        keys = list(answer["recipients"][0])
        self.assertEqual(keys, [key for key in recipient_order if key in keys])
        self.assertEqual(answer["recipients"][0]["blocklists"][0]["id"], "spamhaus-zen")

    def test_a_delay_is_temporary(self):
        (recipient,) = self.read(DELAY)["recipients"]
        self.assertEqual((recipient["action"], recipient["permanence"], recipient["advice"]), ("delayed", "temporary", "retry"))

    def test_a_success_has_no_cause(self):
        answer = self.read(SUCCESS)
        self.assertEqual(answer["kind"], "success")
        self.assertNotIn("cause", answer["recipients"][0])
        self.assertNotIn("advice", answer["recipients"][0])

    def test_ordinary_mail_is_other(self):
        result = self.run_program("--json", stdin=MAIL)
        self.assertEqual(result.status, 1)
        (answer,) = result.objects
        self.assertEqual((answer["kind"], answer["recipients"]), ("other", []))

    def test_brief_leaves_out_texts(self):
        full, brief = self.read(FAILURE), self.read(FAILURE, "--brief")
        for key in ("title", "meaning", "steps", "reason", "status_meaning", "code_meaning"):
            full["recipients"][0].pop(key, None)
        self.assertEqual(brief, full)

    def test_headers_of_the_original(self):
        answer = self.read(FAILURE, "--header", "X-Campaign", "--header", "X-None")
        self.assertEqual(answer["original"]["headers"], {"X-Campaign": ["autumn", "leaves"]})

    def test_english_unless_asked(self):
        german = {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"}
        plain, locale = self.run_program("--json", stdin=FAILURE), self.run_program("--json", stdin=FAILURE, env=german)
        self.assertEqual(locale.bytes, plain.bytes)
        asked = self.read(FAILURE, "--lang", "de")
        self.assertEqual(asked["lang"], "de")
        self.assertNotEqual(asked["recipients"][0]["title"], plain.objects[0]["recipients"][0]["title"])

    def test_an_error_in_the_language_asked_for(self):
        plain = self.run_program("--json", stdin=b"", env={"LC_ALL": "de_DE.UTF-8"}).objects[0]
        self.assertEqual(plain, {"v": 1, "source": "-", "kind": "other", "recipients": [], "error": {"code": 65, "text": "empty"}})
        asked = self.run_program("--json", "--lang", "de", stdin=b"").objects[0]
        self.assertEqual(asked["error"]["text"], "leer")

    def test_an_unknown_language_is_english(self):
        self.assertEqual(self.read(FAILURE, "--lang", "tlh")["lang"], "en")

    def test_hostile_bytes_stay_inside_their_line(self):
        reply = "550 5.1.1 \x1b[2J\u2028\u009b31m\u202e\udcff\"\\ User unknown"
        result = self.run_program("--json", stdin=dsn(reply=reply, subject="\x1b]0;x\x07\u2028"))
        self.assertEqual(len(result.objects), 1)
        self.assertEqual(len(result.out.splitlines()), 1)
        self.assertNotRegex(result.out[:-1], "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

    def test_the_same_input_gives_the_same_bytes(self):
        self.assertEqual(self.run_program("--json", stdin=FAILURE).bytes, self.run_program("--json", stdin=FAILURE).bytes)

    def test_a_cut_message_is_read_as_far_as_it_goes(self):
        whole = self.read(FAILURE)
        cut = self.read(FAILURE[: FAILURE.index(b"Message-ID")])
        self.assertIn("input", cut["truncated"])
        self.assertEqual(cut["recipients"], whole["recipients"])

    def test_every_cut_gives_one_whole_line(self):
        for length in range(0, len(FAILURE), 37):
            result = self.run_program("--json", stdin=FAILURE[:length])
            self.assertEqual(len(result.objects), 1)
            self.assertIn(result.status, (0, 1, 65))

    def test_a_message_over_the_limit(self):
        answer = self.read(FAILURE + b"x" * 10000, "--limit-message", "4K")
        self.assertIn("input", answer["truncated"])

    def test_binary_is_an_error_object(self):
        result = self.run_program("--json", stdin=BINARY)
        (answer,) = result.objects
        self.assertEqual((result.status, answer["error"]["code"]), (65, 65))
        self.assert_one_line(result.err, "-: ")
        self.assertEqual(json.dumps(list(answer)), json.dumps(["v", "source", "kind", "recipients", "error"]))


main()
