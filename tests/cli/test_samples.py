"""The samples of the project: each is understood, and every answer fits the schema."""

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
