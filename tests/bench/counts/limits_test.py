#!/usr/bin/env python3
"""What the guard by counts judges, and how it says so."""

import contextlib
import io
import unittest

import cases
import instructions
import limits
import rounds
import run

KEY = ("unbatched", "publish", "statements")


def results(**figures):
    return [{"case": "unbatched", "problems": [], "figures": {"publish": figures},
             "statements": {}}]


class ParseTest(unittest.TestCase):
    def refuses(self, text):
        with self.assertRaises(limits.LimitsError) as refused:
            limits.parse(text)
        return str(refused.exception)

    def test_a_line_is_a_limit_and_a_comment_is_none(self):
        self.assertEqual(limits.parse("# why\n\nunbatched\tpublish\tstatements\t0.05\n"),
                         {KEY: 0.05})

    def test_what_cannot_be_a_limit_is_named_with_its_line(self):
        self.assertEqual(self.refuses("#\nunbatched\tpublish\t5"),
                         "line 2 has 3 fields, not 4")
        self.assertEqual(self.refuses("a\tpublish\tseconds\t5"), "line 1: no figure 'seconds'")
        self.assertEqual(self.refuses("a\tpublish\tcommits\tfew"), "line 1: 'few' is no number")
        self.assertEqual(self.refuses("a\tpublish\tcommits\tinf"), "line 1: 'inf' is no limit")
        self.assertEqual(self.refuses("a\tpublish\tcommits\t1\na\tpublish\tcommits\t2"),
                         "line 2: a publish commits has a limit already")

    def test_the_file_in_force_can_be_read_and_has_every_case(self):
        held = limits.parse(limits.FILE.read_text(encoding="utf-8"))
        wanted = {(case.name, phase, figure) for case in cases.CASES.values()
                  for phase in case.phases for figure in limits.FIGURES
                  if figure != "instructions"}
        wanted |= {(instructions.CASE, path, "instructions") for path in instructions.PATHS}
        self.assertEqual(set(held), wanted)


class JudgeTest(unittest.TestCase):
    def judge(self, value, limit):
        return limits.judge(results(statements=value), {KEY: limit})[0]

    def test_at_the_limit_is_within_it_and_above_is_not(self):
        self.assertFalse(self.judge(0.05, 0.05).failed)
        self.assertTrue(self.judge(0.0501, 0.05).failed)

    def test_a_figure_without_a_limit_fails(self):
        verdict = limits.judge(results(commits=1), {KEY: 1.0})[0]
        self.assertTrue(verdict.failed)
        self.assertEqual(verdict.word, "NO LIMIT")

    def test_nothing_is_allowed_where_the_limit_is_nothing(self):
        self.assertFalse(self.judge(0, 0.0).failed)
        self.assertTrue(self.judge(0.001, 0.0).failed)
        self.assertIn("0.001 more than the limit of 0",
                      limits.complaint(self.judge(0.001, 0.0)))

    def test_far_below_the_limit_is_loose_and_does_not_fail(self):
        self.assertEqual(self.judge(0.03, 0.05).word, "loose")
        self.assertFalse(self.judge(0.03, 0.05).failed)
        self.assertEqual(self.judge(0.048, 0.05).word, "ok")

    def test_a_complaint_says_what_grew_and_by_how_much(self):
        self.assertEqual(
            limits.complaint(self.judge(0.06, 0.05)),
            "unbatched: 0.06 statements by event published: 0.01 more than the limit of "
            "0.05 (20.0%)")
        key = ("instructions", "sign", "instructions")
        self.assertEqual(limits.complaint(limits.Verdict(key, 5_200, 5_000)),
                         "instructions of sign: 5,200 instructions: 200 more than the limit "
                         "of 5,000 (4.0%)")

    def test_a_limit_that_holds_for_nothing_is_found(self):
        held = {KEY: 1.0, ("gone", "publish", "commits"): 1.0,
                ("other", "publish", "commits"): 1.0}
        self.assertEqual(
            limits.unused(held, {KEY: 1.0}, {"unbatched"}, {"unbatched", "other"}),
            [("gone", "publish", "commits")])
        self.assertEqual(limits.unused({KEY: 1.0}, {}, {"unbatched"}, {"unbatched"}), [KEY])


class NewLimitsTest(unittest.TestCase):
    def test_a_new_limit_is_a_little_above_what_was_counted(self):
        self.assertEqual(limits.above(KEY, 0.05), 0.0525)
        self.assertEqual(limits.above(("a", "deliver", "wal_bytes"), 2_308.3), 2_430.0)
        self.assertEqual(limits.above(("a", "sign", "instructions"), 56_100), 57_300.0)
        self.assertEqual(limits.above(KEY, 0), 0)

    def test_what_is_counted_now_is_within_the_limits_made_of_it(self):
        counted = results(statements=5.01, commits=0.0333, wal_bytes=12, allocations=87.1,
                          heap_bytes=1, instructions=9_999_999)
        held = limits.parse(limits.text("# why\nold\n", limits.all_above(counted)))
        self.assertEqual(len(held), 6)
        self.assertFalse(any(v.failed for v in limits.judge(counted, held)))

    def test_the_comment_stays(self):
        self.assertEqual(limits.text("# why\na\tb\tcommits\t1\n", {KEY: 0.0525}),
                         "# why\nunbatched\tpublish\tstatements\t0.0525\n")


class CostsTest(unittest.TestCase):
    def test_figures_are_by_one(self):
        costs = rounds.Costs(commits=4, allocations=3_200, heap_bytes=100_000)
        costs.calls.update({"insert_events": 4, "notify_due": 4})
        costs.wal.update({"insert_events": 50_000})
        self.assertEqual(costs.figures(100), {
            "statements": 0.08, "commits": 0.04, "wal_bytes": 500.0, "allocations": 32.0,
            "heap_bytes": 1_000.0})

    def test_a_statement_has_the_name_of_its_file(self):
        names = rounds.statement_names()
        text = (rounds.SQL / "claim_windows.sql").read_text(encoding="utf-8")
        self.assertEqual(rounds.name_of(text, names), "claim_windows")
        self.assertEqual(rounds.name_of("BEGIN", names), "BEGIN")
        files = len(list(rounds.SQL.glob("*.sql")))
        self.assertEqual(len(names), files, "two files begin with the same line")

    def test_every_statement_that_a_clock_sends_is_there(self):
        names = set(rounds.statement_names().values())
        self.assertLessEqual(cases.BY_THE_CLOCK | cases.WRITERS_BY_THE_CLOCK, names)


class ReportTest(unittest.TestCase):
    def report(self, value, problems=()):
        counted = results(statements=value)
        counted[0]["problems"] = list(problems)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = run.report(counted, {KEY: 0.05}, {"unbatched"})
        return status, said.getvalue()

    def test_within_the_limits_is_success(self):
        self.assertEqual(self.report(0.05)[0], 0)

    def test_what_grew_fails_and_the_way_out_is_named(self):
        status, said = self.report(0.06)
        self.assertEqual(status, 1)
        self.assertIn("GREW +20.0%", said)
        self.assertIn("raise the limit in\ntests/bench/counts/limits.tsv and say", said)

    def test_a_run_in_which_something_is_lost_fails(self):
        status, said = self.report(0.05, ["items received twice: 1, expected 0"])
        self.assertEqual(status, 1)
        self.assertIn("FAILED: unbatched: items received twice", said)


if __name__ == "__main__":
    unittest.main()
