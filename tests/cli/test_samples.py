"""The samples of the project: each is understood, and every answer fits the schema."""

import json
import os
import re
import unittest

from program import SAMPLES, ProgramTest, main

BOUNCES = os.path.join(SAMPLES, "bounces")


@unittest.skipUnless(os.path.isdir(BOUNCES), "no samples")
class Samples(ProgramTest):
    def test_every_sample_is_a_report(self):
        result = self.run_program("--json", BOUNCES)
        self.assertEqual((result.status, result.err), (0, ""))
        n_files = sum(len(files) for _, _, files in os.walk(BOUNCES))
        self.assertEqual(len(result.objects), n_files)
        for answer in result.objects:
            with self.subTest(source=answer["source"]):
                self.assertNotIn(answer["kind"], ("other", "auto-reply", "challenge"))
                self.assertTrue(answer["recipients"])
                for recipient in answer["recipients"]:
                    if recipient["action"] in ("failed", "delayed") and answer["kind"] != "receipt":
                        self.assertNotEqual(recipient["cause"], "unknown")
                        self.assertTrue(recipient["steps"])

    def test_truth(self):
        """samples/truth.jsonl and the like say what is true of each; an empty list or cause leaves a thing open."""
        for folder, _, names in os.walk(SAMPLES):
            if "truth.jsonl" not in names:
                continue
            with open(os.path.join(folder, "truth.jsonl"), encoding="utf-8") as file:
                for line in file:
                    truth = json.loads(line)
                    with self.subTest(truth["file"]):
                        self.hold_against(truth)

    def hold_against(self, truth):
        answer = self.run_program("--json", os.path.join(SAMPLES, truth["file"])).objects[0]
        self.assertIn(answer["kind"], [truth["kind"], *truth.get("kind_ok", [])])
        if truth["kind"] not in ("failure", "delay", "success", "complaint"):
            return
        found = {r["address"]: r for r in answer["recipients"]}
        self.assertEqual(len(found), len(truth["recipients"]))
        found.update({r["original_address"]: r for r in answer["recipients"] if "original_address" in r})
        for wanted in truth["recipients"]:
            names = [wanted["address"], *wanted.get("address_ok", [])]
            recipient = next((found[name] for name in names if name in found), None)
            self.assertIsNotNone(recipient, (names, list(found)))
            self.assertEqual(recipient["action"], wanted["action"])
            self.assertIn(recipient.get("cause", ""), [wanted["cause"], *wanted.get("ok", [])])
            for key in ("status", "code"):
                if wanted[key]:
                    self.assertIn(recipient.get(key), wanted[key])
            for key in ("vendor", "remote_host"):
                if wanted.get(key):
                    self.assertEqual(recipient.get(key), wanted[key])

    def test_german_texts_are_complete(self):
        english = self.run_program("--json", BOUNCES).objects
        german = self.run_program("--json", "--lang", "de", BOUNCES).objects
        for one, other in zip(english, german):
            for a, b in zip(one["recipients"], other["recipients"]):
                with self.subTest(source=one["source"]):
                    self.assertEqual(len(a.get("steps", [])), len(b.get("steps", [])))
                    for key in ("title", "meaning"):
                        if key in a:
                            self.assertNotEqual(a[key], b[key])

    def test_text(self):
        for options in ([], ["--lang", "de"], ["--brief"]):
            result = self.run_program(*options, BOUNCES)
            self.assertEqual((result.status, result.err), (0, ""))
            self.assertNotRegex(result.out, "[\x00-\x09\x0b-\x1f\x7f-\x9f]")

    def test_one_by_one_or_together(self):
        together = self.run_program("--json", BOUNCES).bytes
        paths = re.findall(r'^{"v":1,"source":"([^"]+)"', together.decode(), re.M)
        self.assertEqual(self.run_program("--json", *paths).bytes, together)


main()
