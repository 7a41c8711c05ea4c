"""The tables of a page."""

import unittest

from page import put


class PutTest(unittest.TestCase):
    def test_what_was_between_the_marks_is_replaced(self):
        page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n"
        self.assertEqual(put(page, "x", [("no", "fault"), (1, "a|b")]),
                         "a\n<!-- x -->\n\n| no | fault |\n| --- | --- |\n| 1 | a\\|b |\n\n"
                         "<!-- /x -->\nb\n")

    def test_a_page_without_the_place_is_refused(self):
        for page in ("", "<!-- x -->\n", "<!-- /x -->"):
            with self.assertRaisesRegex(ValueError, "no place for 'x'"):
                put(page, "x", [("a",)])


if __name__ == "__main__":
    unittest.main()
