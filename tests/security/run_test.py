"""The runner itself: a failed attack, and one that tried nothing, are failures."""

import pathlib
import tempfile
import unittest

import run

HERE = pathlib.Path(__file__).resolve().parent


class RunnerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.build = pathlib.Path(folder.name)
        (self.build / "tests").mkdir()

    def program(self, report: str, status: int = 0) -> run.Result:
        """What comes of a program that writes this report and exits so."""
        program = self.build / "tests" / "sample_test"
        program.write_text("#!/usr/bin/env python3\nimport sys\n"
                           "report = sys.argv[2].partition('json:')[2]\n"
                           f"open(report, 'w').write('''{report}''')\nsys.exit({status})\n")
        program.chmod(0o755)
        return run.run_gtest(run.Attack("a", "b", "c", "sample_test", "*"), self.build)

    def test_what_passed_held(self):
        self.assertEqual(self.program(
            '{"failures": 0, "testsuites": [{"testsuite": [{"status": "RUN"}]}]}').word, "held")

    def test_a_failure_is_one(self):
        self.assertEqual(self.program(
            '{"failures": 1, "testsuites": [{"testsuite": [{"status": "RUN"}]}]}', 1).word,
            "FAILED")

    def test_a_crash_after_the_report_is_a_failure(self):
        self.assertEqual(self.program(
            '{"failures": 0, "testsuites": [{"testsuite": [{"status": "RUN"}]}]}', 139).word,
            "FAILED")

    def test_a_filter_that_finds_nothing_is_a_failure(self):
        self.assertEqual(self.program('{"failures": 0, "testsuites": []}').word, "NO TEST RAN")

    def test_what_was_skipped_did_not_run(self):
        self.assertEqual(self.program(
            '{"failures": 0, "testsuites": [{"testsuite": [{"status": "RUN", '
            '"result": "SKIPPED"}]}]}').word, "NO TEST RAN")

    def test_a_program_that_is_not_there_is_a_failure(self):
        attack = run.Attack("a", "b", "c", "missing_test", "*")
        self.assertEqual(run.run_gtest(attack, self.build).word, "NO TEST RAN")

    def test_the_table_of_attacks_can_be_read(self):
        self.assertTrue(run.read_attacks(HERE / "attacks.tsv"))

    def test_a_cut_line_is_named(self):
        path = self.build / "attacks.tsv"
        path.write_text("# area\nTLS\ttried\toutcome\tprogram\n")
        with self.assertRaisesRegex(SystemExit, "attacks.tsv:2: five cells"):
            run.read_attacks(path)


if __name__ == "__main__":
    unittest.main()
