"""Every line of guards.tsv still breaks something: what it replaces is in its file. (That a
test fails by it is shown by ./dev test guards, which takes long.)"""

import pathlib
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FIELDS = 6


class ListedTest(unittest.TestCase):
    """See run.sh for what the fields are."""

    def test_every_line_replaces_something(self):
        lines = [line for line in (HERE / "guards.tsv").read_text(encoding="utf-8").splitlines()
                 if not line.startswith("#")]
        self.assertTrue(lines)
        for line in lines:
            with self.subTest(line):
                fields = line.split("\t")
                self.assertEqual(len(fields), FIELDS)
                _, file, old, new, _, _ = fields
                self.assertIn(old, (ROOT / file).read_text(encoding="utf-8"))
                self.assertNotEqual(old, new)


if __name__ == "__main__":
    unittest.main()
