"""No address is removed for what is wrong with the sender, the client, the message or the network."""

import glob
import json
import os

from program import ProgramTest, main

LIST = os.path.join(os.path.dirname(__file__), "not-the-recipient.txt")
GONE = os.path.join(os.path.dirname(__file__), "the-recipient.txt")
# 5.1.1 and 5.2.1 name the recipient, and so do replies with no more than 550: the hardest cases.
REPLIES = os.path.join(os.path.dirname(__file__), "..", "..", "patterns", "replies", "*.conf")
OF_OTHERS = ("550 Sender verify failed; mx.example.com said: {}",
              "550 5.1.8 <news@example.com>: Sender address rejected: undeliverable address: host mx.example.com[192.0.2.1] said: {}",
              "553 5.1.8 Verification of the sender failed: {}",
              "554 5.7.1 <news@example.com>: Sender address rejected: {}",
              "554 5.7.1 <mta.example.com[192.0.2.1]>: Client host rejected: {}",
              "550 5.7.1 <mta.example.com>: Helo command rejected: {}",
              "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example.net; {}")
CODES = ("", "550 ", "553 ", "554 ", "550 5.1.1 ", "550 5.2.1 ", "550 5.7.1 ", "550-5.1.1 ")


class Removal(ProgramTest):
    def test_not_for_what_is_said_of_others(self):
        with open(LIST, encoding="utf-8") as file:
            wordings = [line.rstrip("\n") for line in file if not line.startswith("#")]
        self.assertGreater(len(wordings), 300)
        replies = [code + wording for wording in wordings for code in CODES if not code or not wording[0].isdigit()]
        self.assert_none_removed(replies)

    def test_not_for_what_is_quoted_of_sender_or_client(self):
        examples = [line[len("example="):].strip() for path in sorted(glob.glob(REPLIES))
                    for line in open(path, encoding="utf-8") if line.startswith("example=")]
        self.assertGreater(len(examples), 1000)
        self.assert_none_removed([form.format(example) for example in examples for form in OF_OTHERS])

    def assert_none_removed(self, replies):
        result = self.run_program("explain", "--json", "--null", "--brief", stdin="\0".join(replies).encode())
        answers = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual((result.status, len(answers)), (0, len(replies)))
        removed = [(a["text"], a.get("rule")) for a in answers if a.get("advice") == "remove"]
        self.assertEqual(removed, [])

    def test_for_what_is_said_of_mailboxes_that_are_gone(self):
        with open(GONE, encoding="utf-8") as file:
            wordings = [line.rstrip("\n") for line in file if not line.startswith("#")]
        self.assertGreater(len(wordings), 300)
        replies = [code + wording for wording in wordings for code in ("550 ", "550 5.1.1 ")]
        result = self.run_program("explain", "--json", "--null", "--brief", stdin="\0".join(replies).encode())
        answers = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual((result.status, len(answers)), (0, len(replies)))
        self.assertEqual([(a["text"], a.get("rule")) for a in answers if a.get("advice") != "remove"], [])

    def test_not_for_a_status_with_words_that_nobody_knows(self):
        for reply in ("550 5.1.1 Quux frobnicated", "550 5.2.1 Quux frobnicated", "550 5.1.2 Quux frobnicated", "550 5.4.4 Quux frobnicated"):
            (answer,) = self.run_program("explain", "--json", reply).objects
            self.assertEqual((answer["cause"], answer["advice"]), ("unknown", "review"))

    def test_for_what_is_said_of_the_recipient(self):
        for reply in ("550 5.1.1 User unknown", "550 5.2.1 Mailbox disabled", "550 5.1.2 Domain not found", "550 5.1.1", "550 5.1.1 <user@mx.example.org>",
                      "550 5.1.1 Empf??nger ung??ltig", "550 Empf\\303\\244nger unbekannt", "550 Empf\\344nger unbekannt"):
            (answer,) = self.run_program("explain", "--json", reply).objects
            self.assertEqual(answer["advice"], "remove")


main()
