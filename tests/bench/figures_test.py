#!/usr/bin/env python3
"""Sweeps, tables of figures, plots; and that what is committed is what its JSON gives."""

import unittest

import disk
import figures
import page_run
import plots
import svg
import sweep
from figures import Budget
from svg import Axis, LineChart, Series


class SweepTest(unittest.TestCase):
    def rates(self, capacity):
        tried = []

        def attempt(scenario):
            tried.append(scenario.rate)
            return {"problems": [], "deliveries_per_s": min(scenario.rate, capacity)}

        points = sweep.sweep_load(attempt)
        self.assertEqual([point["offered_per_s"] for point in points], tried)
        return tried

    def test_the_load_rises_until_two_in_a_row_were_not_delivered(self):
        self.assertEqual(self.rates(4_500), [500, 1_000, 2_000, 4_000, 6_000, 8_000])
        self.assertEqual(self.rates(1_000_000), list(sweep.RATES))

    def test_a_run_that_does_not_count_did_not_keep_up(self):
        self.assertFalse(sweep.kept_up(500, {"problems": ["x"], "deliveries_per_s": 500}))
        self.assertTrue(sweep.kept_up(500, {"problems": [], "deliveries_per_s": 485}))
        self.assertFalse(sweep.kept_up(500, {"problems": [], "deliveries_per_s": 484}))

    def test_batches_are_of_one_payload_and_can_fill(self):
        self.assertEqual(
            [(s.payload, s.batch_items, s.outstanding) for s in map(sweep.in_batches,
                                                                    (1, 3, 10, 1_000))],
            [("small", 0, 5_000), ("small", 3, 5_000), ("small", 10, 10_000),
             ("small", 1_000, 100_000)])


class BudgetTest(unittest.TestCase):
    def test_the_verdict_is_by_all_runs(self):
        least = Budget("rate", "s", 10_000, lambda run: run["x"], at_least=True)
        for values, verdict in [([10_000, 12_000, 11_000], "reached"),
                                ([9_999, 12_000, 11_000], "reached in 2 of 3"),
                                ([9_999, 9_998, 9_000], "not reached")]:
            row = least.row([{"x": value} for value in values])
            self.assertEqual(row[-1], verdict)
        self.assertEqual(row[2:6], ("≥ 10,000", "9,000", "9,998", "9,999"))

    def test_a_budget_that_nobody_measured_says_so(self):
        most = Budget("p99", "s", 25, lambda run: run["x"], ".2f")
        self.assertEqual(most.row([]),
                         ("p99", "s", "≤ 25.00", "–", "–", "–", "not measured"))

    def test_runs_that_do_not_count_are_in_no_figure(self):
        rows = figures.budgets([
            {"scenario": "hanging", "problems": [],
             "budgets": {"p99_ratio": {"most": 2, "got": 1.5, "kept": True}}},
            {"scenario": "hanging", "problems": ["lost"],
             "budgets": {"p99_ratio": {"most": 2, "got": 9, "kept": False}}}])
        self.assertEqual(rows[-1],
                         ("p99 ratio", "hanging", "≤ 2.00", "1.50", "1.50", "1.50",
                          "reached"))


class SizingTest(unittest.TestCase):
    def test_workers_are_together_and_figures_are_medians(self):
        runs = [{"scenario": "unbatched", "problems": [], "items_per_s": rate,
                 "wal_bytes_per_event": 3_000,
                 "processes": {name: {"cpu_us_per_item": micros, "peak_rss_bytes": 2**25}
                               for name, micros in [("server", 10), ("worker", 30),
                                                    ("worker2", 5), ("postgres", 50)]}}
                for rate in (9_000, 7_000, 8_000)]
        rows = figures.sizing(runs)
        self.assertEqual(rows[1], ("unbatched", "8,000", "10.0", "35.0", "50.0", "3,000",
                                   "32", "32"))
        self.assertEqual(rows[2][:2], ("unbatched-lightweight", "not measured"))

    def test_bytes_are_of_what_came_meanwhile(self):
        before = dict.fromkeys(["events", "event_keys", "deliveries", "attempts",
                                "delivery_bodies", "delivery_changes", "windows",
                                "window_items"], 8_192)
        after = before | {"events": 88_192, "event_keys": 28_192, "windows": 16_384}
        self.assertEqual(disk.by_kind(before, after, 100), {
            "events": 1_000.0, "records": 0.0, "bodies": 0.0, "changes": 0.0,
            "queue_bytes": 24_576})


class AxisTest(unittest.TestCase):
    def test_a_linear_axis_goes_from_0_by_round_steps_beyond_the_most(self):
        self.assertEqual(Axis("").ticks([500, 13_000]), [0, 5_000, 10_000, 15_000])
        self.assertEqual(Axis("").ticks([0.031]), [0, 0.01, 0.02, 0.03, 0.04])

    def test_a_logarithmic_axis_has_all_values_between_its_ends(self):
        self.assertEqual(Axis("", log=True).ticks([1, 1_000]), [1, 10, 100, 1_000])
        self.assertEqual(Axis("", log=True).ticks([3, 40]), [2, 5, 10, 20, 50])
        self.assertEqual(Axis("", log=True).ticks([7, 7]), [5, 10])

    def test_places_are_between_0_and_1(self):
        axis = Axis("", log=True)
        ticks = axis.ticks([1, 100])
        self.assertAlmostEqual(axis.place(10, ticks), 0.5)
        self.assertAlmostEqual(Axis("").place(50, [0, 100]), 0.5)


class ChartTest(unittest.TestCase):
    def test_names_are_escaped_and_points_are_drawn(self):
        chart = LineChart("a < b", Axis("x, s"), Axis("y, ms"),
                          [Series("p&q", [(1, 1), (2, 4)])])
        text = svg.page([chart], 760, 380, "2 cores")
        self.assertIn("a &lt; b", text)
        self.assertIn("<title>p&amp;q: 2, 4</title>", text)
        for title in ("x, s", "y, ms", "2 cores", "prefers-color-scheme:dark"):
            self.assertIn(title, text)
        self.assertEqual(text, svg.page([chart], 760, 380, "2 cores"))


class CommittedTest(unittest.TestCase):
    def test_the_plots_are_those_of_the_json(self):
        self.assertEqual(page_run.differing(page_run.drawn()), [], "./dev bench plot")

    def test_there_is_no_other_plot(self):
        self.assertEqual({path.name for path in plots.FOLDER.glob("*.svg")},
                         set(plots.draw()))

    def test_the_tables_are_those_of_the_json(self):
        self.assertEqual(page_run.differing(page_run.written()), [], "./dev bench write")


if __name__ == "__main__":
    unittest.main()
