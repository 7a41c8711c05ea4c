#!/usr/bin/env python3
"""What the bench computes and judges: its parts that start nothing."""

import contextlib
import io
import unittest

import measure
import run
import scenarios
import table
from postgres import Counters
from processes import Usage
from scenarios import Scenario


class SelectTest(unittest.TestCase):
    def test_no_name_means_the_three_of_the_budgets(self):
        self.assertEqual([s.name for s in scenarios.select([])],
                         ["unbatched", "batched100", "latency1000"])

    def test_a_group_stands_for_its_scenarios_and_each_comes_once(self):
        self.assertEqual([s.name for s in scenarios.select(["workers2", "workers"])],
                         ["workers2", "workers1", "workers4"])

    def test_a_batched_webhook_is_made_with_its_window(self):
        self.assertEqual(
            scenarios.SCENARIOS["batched10"].webhook_flags(),
            ["--event", "ticket.created", "--payload", "small", "--batch", "any",
             "--batch-max-items", "10", "--batch-wait", "1s"])


class ArgumentsTest(unittest.TestCase):
    def parse(self, *arguments):
        return run.parse(["--bin", "bin", *arguments])

    def refuses(self, *arguments):
        said = io.StringIO()
        with self.assertRaises(SystemExit) as ended, contextlib.redirect_stderr(said):
            self.parse(*arguments)
        self.assertEqual(ended.exception.code, 2)
        return said.getvalue()

    def test_profile_takes_scenarios_and_has_a_default(self):
        options = self.parse("profile", "large")
        self.assertTrue(options.profile)
        self.assertEqual([s.name for s in options.scenarios], ["large"])
        self.assertEqual([s.name for s in self.parse("profile").scenarios], ["unbatched"])

    def test_an_unknown_scenario_is_named(self):
        self.assertIn("no scenario 'unbached'", self.refuses("unbached"))

    def test_a_measurement_takes_time(self):
        self.assertIn("at least 1", self.refuses("--seconds", "0"))
        self.assertIn("at least 1", self.refuses("--runs", "0"))


def moment(at, acked, items, deliveries, machine_cpu, database, **usages):
    return measure.Moment(at, acked, items, deliveries, usages, machine_cpu, database)


class FiguresTest(unittest.TestCase):
    def setUp(self):
        self.begin = moment(
            100.0, 1_000, 2_000, 200, 50.0, Counters(500, 100, 1_000_000),
            server=Usage(1.0, 10), postgres=Usage(2.0, 20), sink=Usage(0.5, 0))
        self.end = moment(
            110.0, 5_000, 10_000, 1_000, 64.0, Counters(700, 180, 9_000_000),
            server=Usage(3.0, 810), postgres=Usage(8.0, 20), sink=Usage(2.5, 0))

    def test_rates_are_by_the_time_that_passed(self):
        self.assertEqual(measure.rates(self.begin, self.end), {
            "deliveries_per_s": 80.0, "events_per_s": 400.0, "items_per_s": 800.0})

    def test_costs_are_by_what_was_done_meanwhile(self):
        costs = measure.costs(self.begin, self.end, cores=2)
        self.assertEqual(costs["statements_per_event"], 0.05)      # 200 / 4,000
        self.assertEqual(costs["commits_per_delivery"], 0.1)       # 80 / 800
        self.assertEqual(costs["wal_bytes_per_event"], 2_000.0)    # 8,000,000 / 4,000
        self.assertEqual(costs["cpu_us_per_item"],
                         {"server": 250.0, "postgres": 750.0, "sink": 250.0})
        self.assertEqual(costs["context_switches_per_item"]["server"], 0.1)

    def test_publisher_and_sink_are_not_windrow_s_cpu(self):
        costs = measure.costs(self.begin, self.end, cores=2)
        self.assertEqual(costs["cpu_s_per_1000"], 1.0)             # (2 + 6) s / 8,000

    def test_what_else_ran_and_what_stood_still_are_shares_of_all_cores(self):
        costs = measure.costs(self.begin, self.end, cores=2)
        self.assertEqual(costs["others_cpu_share"], 0.2)           # (14 - 10) / 20
        self.assertEqual(costs["idle_cpu_share"], 0.3)             # 1 - 14 / 20

    def test_where_nothing_was_done_nothing_is_divided_by_zero(self):
        idle = moment(101.0, 1_000, 2_000, 200, 52.0, self.begin.database,
                      **self.begin.usages)
        costs = measure.costs(self.begin, idle, cores=2)
        self.assertEqual(costs["statements_per_event"], 0)
        self.assertEqual(costs["others_cpu_share"], 1.0)


class ProblemsTest(unittest.TestCase):
    def setUp(self):
        self.scenario = Scenario("two", "", webhooks=2)
        self.published = {"sent": 10, "acked": 10, "ack_sum": "ab", "refused": 0,
                          "duplicates": 0, "wrong_matched": 0, "wrong_order": 0,
                          "unanswered": 0, "first_error": ""}
        self.sink = {"requests": 20, "verified": 20, "deliveries": 20,
                     "repeated_deliveries": 0, "repeated_items": 0,
                     "faults": {"signature": 0, "body": 0},
                     "webhooks": [{"items": 10, "item_sum": "ab"},
                                  {"items": 10, "item_sum": "ab"}]}
        self.records = {"events": 10, "succeeded": 20, "items": 20, "others": 0,
                        "pending": 0}

    def found(self):
        return measure.problems(self.scenario, self.published, self.sink, self.records)

    def test_a_run_in_which_all_agree_counts(self):
        self.assertEqual(self.found(), [])

    def test_a_lost_item_is_found(self):
        self.sink["webhooks"][1]["items"] = 9
        self.assertEqual(self.found(), ["items received by webhook 1: 9, expected 10"])

    def test_another_event_s_item_in_its_place_is_found(self):
        self.sink["webhooks"][0]["item_sum"] = "ac"
        self.assertEqual(self.found(), ["checksum of (event, escmsg_id) at webhook 0: ac, "
                                        "expected ab"])

    def test_each_other_disagreement_is_found(self):
        for part, key, value in [
                (self.published, "sent", 11), (self.published, "refused", 1),
                (self.published, "duplicates", 1), (self.published, "wrong_matched", 1),
                (self.published, "wrong_order", 1), (self.published, "unanswered", 1),
                (self.published, "first_error", "the stream ended"),
                (self.sink, "verified", 19), (self.sink, "repeated_items", 1),
                (self.sink, "repeated_deliveries", 1), (self.sink["faults"], "body", 1),
                (self.records, "events", 9), (self.records, "succeeded", 19),
                (self.records, "items", 19), (self.records, "others", 1),
                (self.records, "pending", 1)]:
            with self.subTest(key=key):
                before = part[key]
                part[key] = value
                self.assertEqual(len(self.found()), 1)
                part[key] = before

    def test_counts_are_in_items(self):
        self.sink["webhooks"][1]["items"] = 8
        self.sink["repeated_items"] = 3
        self.assertEqual(measure.counts(self.scenario, self.published, self.sink), {
            "published": 20, "received": 21, "verified": 18, "lost": 2, "duplicated": 3})


class TableTest(unittest.TestCase):
    RESULT = {"scenario": "unbatched", "deliveries_per_s": 10140.6, "events_per_s": 9887.4,
              "p50_ms": 484.442, "p95_ms": 654.311, "p99_ms": 721.42, "commit_ms": 3.987,
              "statements_per_event": 0.01921, "commits_per_delivery": 0.01236,
              "wal_bytes_per_event": 3753.0, "cpu_s_per_1000": 0.1281, "lost": 0,
              "duplicated": 0, "problems": []}

    def test_a_row_stands_under_its_titles(self):
        title, row = table.title(), table.row(self.RESULT)
        self.assertEqual(len(title), len(row))
        self.assertEqual(row.split(),
                         ["unbatched", "10,141", "9,887", "484.44", "654.31", "721.42",
                          "3.99", "0.0192", "0.0124", "3,753", "0.1281", "0", "0"])

    def test_a_summary_has_least_median_and_most_of_the_runs_that_count(self):
        rates = [30, 10, 20]
        runs = [self.RESULT | {"deliveries_per_s": rate} for rate in rates]
        failed = {"scenario": "unbatched", "problems": ["items received twice: 1"]}
        lines = table.summary([*runs, failed]).splitlines()
        self.assertEqual(lines[0], "unbatched, 3 runs: least / median / most")
        self.assertEqual(lines[1], "  deliveries_per_s      10 / 20 / 30")

    def test_one_run_has_no_summary(self):
        self.assertEqual(table.summary([self.RESULT]), "")


if __name__ == "__main__":
    unittest.main()
