"""No address is removed for what is wrong with the sender, the client, the message or the network."""

import json
import os

from program import ProgramTest, main

LIST = os.path.join(os.path.dirname(__file__), "not-the-recipient.txt")
GONE = os.path.join(os.path.dirname(__file__), "the-recipient.txt")
# 5.1.1 and 5.2.1 name the recipient, and so do replies with no more than 550: the hardest cases.
CODES = ("", "550 ", "553 ", "554 ", "550 5.1.1 ", "550 5.2.1 ", "550 5.7.1 ", "550-5.1.1 ")


class Removal(ProgramTest):
    def test_not_for_what_is_said_of_others(self):
        with open(LIST, encoding="utf-8") as file:
            wordings = [line.rstrip("\n") for line in file if not line.startswith("#")]
        self.assertGreater(len(wordings), 300)
        replies = [code + wording for wording in wordings for code in CODES if not code or not wording[0].isdigit()]
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
