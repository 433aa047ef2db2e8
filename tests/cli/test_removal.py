"""No address is removed for what is wrong with the sender, the client, the message or the network."""

import glob
import json
import os
import tempfile

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
# Of the sender, of the form of the message, of a login, of encryption, of the client's name.
OF_ANOTHER_MATTER = ("5.1.7", "5.1.8", "5.2.3", "5.3.4", "5.4.6", "5.6.0", "5.6.7", "5.7.3", "5.7.8", "5.7.10", "5.7.25", "5.7.60", "5.7.139", "5.7.750")
# What announces a quoted reply: of others than the recipient, and of the recipient. {} is the sender's address.
OF_OTHERS_ANNOUNCED = (
    "callback to {} failed:", "Sender verify failed, remote said:", "MAIL FROM check of {}:",
    "Verification of the return path: mx.example.com said:", "The envelope sender was looked up, with this answer:",
    "We asked the server of your domain whether your address {} exists. It answered:", "callout to sender address {} returned",
    "A test mail to the author came back with", "postmaster@example.com could not be reached:",
    "Login to smtp.example.net failed:", "The account used for sending was refused:", "Authentication as office failed with",
    "The forward to copy@example.net failed:", "The vacation reply could not be sent:", "Copy to the archive:",
    "The smart host could not be found:", "HELO check failed:", "Reverse lookup of your server:",
    "Die Rückfrage beim Absender ergab:", "Prüfung der Absenderadresse, Antwort:", "La vérification de l'expéditeur a échoué :",
    "La comprobación del remitente devolvió:", "La verifica del mittente ha risposto:", "Controle van de afzender gaf:",
    "mx.example.com was asked about {} and said:", "weryfikacja adresu {} zwróciła", "l'adresse {} ne répond pas :",
    "Проверка отправителя:", "送信者アドレスの確認に失敗しました:", "发件人验证失败:")
OF_RECIPIENT_ANNOUNCED = (
    "The remote host said:", "Dear sender, the server answered:", "The recipient's server said:",
    "Recipient verification failed:", "Authentication succeeded, then the server said:", "The directory said:",
    "Message from {} rejected by mx.example.com:", "This message from <{}> was undeliverable:",
    "Your mail was forwarded to mx.example.com, which said:", "Cher expéditeur, la réponse était :",
    "An den Absender: Der Server meldet:", "Estimado remitente: la respuesta:", "smtp; host mx.example.com said:")
ANNOUNCED = ("550 5.1.1 user unknown", "550 no such user", "550 5.1.1 <{}>: Recipient address rejected: User unknown")
NOTICES = ("Your message to user@example.org could not be delivered.\n\n{} {}\n",
           "<user@example.org>: {} {}\n",
           "Delivery to the following recipient failed:\n\n    user@example.org\n\n{}\n\n    {}\n",
           "Your message could not be delivered.\n\nRecipient: user@example.org\n\n{}\n{}\n")
NOTICE = ("Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@example.net>\nTo: news@example.com\n"
          "Subject: Undelivered Mail Returned to Sender\nContent-Type: text/plain; charset=utf-8\n\n"
          "{}\n------ This is a copy of the message, including all the headers. ------\n\n"
          "From: news@example.com\nTo: user@example.org\nSubject: News\n\nHello\n")
CODES = ("", "550 ", "553 ", "554 ", "550 5.1.1 ", "550 5.2.1 ", "550 5.7.1 ", "550-5.1.1 ")


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


class Removal(ProgramTest):
    def test_not_for_what_is_said_of_others(self):
        wordings = [line for line in lines_of(LIST) if not line.startswith("#")]
        self.assertGreater(len(wordings), 300)
        replies = [code + wording for wording in wordings for code in CODES if not code or not wording[0].isdigit()]
        self.assert_none_removed(replies)

    def test_not_with_a_status_of_another_matter(self):
        wordings = [line for line in lines_of(GONE) if not line.startswith("#")]
        self.assert_none_removed([f"550 {status} {wording}" for wording in wordings for status in OF_ANOTHER_MATTER])
        self.assert_none_removed([f"{code} {wording}" for wording in wordings for code in ("530", "535", "535 5.7.8")])

    def test_not_for_what_is_quoted_of_sender_or_client(self):
        examples = [line[len("example="):].strip() for path in sorted(glob.glob(REPLIES))
                    for line in lines_of(path) if line.startswith("example=")]
        self.assertGreater(len(examples), 1000)
        self.assert_none_removed([form.format(example) for example in examples for form in OF_OTHERS])

    def assert_none_removed(self, replies):
        result = self.run_program("explain", "--json", "--null", "--brief", stdin="\0".join(replies).encode())
        answers = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual((result.status, len(answers)), (0, len(replies)))
        removed = [(a["text"], a.get("rule")) for a in answers if a.get("advice") == "remove"]
        self.assertEqual(removed, [])

    def test_for_what_is_said_of_mailboxes_that_are_gone(self):
        wordings = [line for line in lines_of(GONE) if not line.startswith("#")]
        self.assertGreater(len(wordings), 300)
        replies = [code + wording for wording in wordings for code in ("550 ", "550 5.1.1 ")]
        result = self.run_program("explain", "--json", "--null", "--brief", stdin="\0".join(replies).encode())
        answers = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual((result.status, len(answers)), (0, len(replies)))
        # Words that speak more for another cause leave a doubt, and the address stays: in one of a hundred, no more.
        doubted = [(a["text"], a.get("rule"), a.get("cause")) for a in answers if a.get("advice") != "remove"]
        self.assertEqual([a["text"] for a in answers if a.get("advice") not in ("remove", "review")], [])
        self.assertLess(len(doubted), len(answers) / 100, doubted)

    def read_announced(self, announcements, replies):
        texts = [notice.format(announcement.format("news@example.com"), reply)
                 for notice in NOTICES for announcement in announcements for reply in replies]
        with tempfile.TemporaryDirectory() as folder:
            for i, text in enumerate(texts):
                with open(os.path.join(folder, f"{i:05}.eml"), "w", encoding="utf-8") as file:
                    file.write(NOTICE.format(text))
            result = self.run_program("--json", "--brief", folder)
        answers = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual(len(answers), len(texts))
        return [(text, [(r["address"], r["advice"]) for r in answer["recipients"]]) for text, answer in zip(texts, answers)]

    def test_not_for_a_quoted_reply_that_is_announced_as_about_others(self):
        replies = [reply.format("news@example.com") for reply in ANNOUNCED]
        for text, recipients in self.read_announced(OF_OTHERS_ANNOUNCED, replies):
            self.assertNotIn(("user@example.org", "remove"), recipients, text)

    def test_for_a_quoted_reply_that_is_announced_as_about_the_recipient(self):
        replies = [reply.format("user@example.org") for reply in ANNOUNCED]
        for text, recipients in self.read_announced(OF_RECIPIENT_ANNOUNCED, replies):
            self.assertEqual(recipients, [("user@example.org", "remove")], text)

    def test_not_for_the_sender_by_name(self):
        for reply in ("550 5.1.1 <news@example.com>: User unknown", "550 news@example.com... no such user"):
            for text, recipients in self.read_announced(("The remote host said:",), [reply]):
                self.assertNotIn(("user@example.org", "remove"), recipients, text)

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
