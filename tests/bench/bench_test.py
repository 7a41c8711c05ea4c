#!/usr/bin/env python3
"""What the bench computes and judges: its parts that start nothing."""

import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import account
import budgets
import feeds
import measure
import run
import scenarios
import table
from feeds import Feed, Published
from json_output import JsonOutput
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
            ["--payload", "small", "--batch", "any", "--batch-max-items", "10",
             "--batch-wait", "1s"])

    def test_all_has_every_scenario_but_the_two_that_take_long(self):
        every = {s.name for s in scenarios.select(["all"])}
        self.assertEqual(set(scenarios.SCENARIOS) - every, {"growth", "vacuum"})

    def test_webhooks_beside_a_crowd_are_numbered_after_it(self):
        scenario = scenarios.SCENARIOS["hanging"]
        self.assertEqual(scenario.crowd.webhooks, range(1_000))
        self.assertEqual(scenario.feed.webhooks, range(1_000, 1_010))
        self.assertEqual(scenario.crowd.url(258, 80), "http://127.1.1.2:80/hang/258")


class FeedTest(unittest.TestCase):
    FEED = Feed("bench", range(6), types=3)

    def test_each_event_matches_the_webhooks_of_its_type(self):
        self.assertEqual(self.FEED.matched, 2)
        self.assertEqual([self.FEED.type_of(n) for n in (0, 2, 5)],
                         ["bench.0000000", "bench.0000002", "bench.0000002"])

    def test_a_webhook_wants_every_so_manieth_event(self):
        # Of the events 0 to 6, type 0 has 0, 3 and 6; type 1 has 1 and 4; type 2 has 2 and 5.
        self.assertEqual([self.FEED.wanted_of(n, 7) for n in range(6)], [3, 2, 2, 3, 2, 2])
        self.assertEqual([self.FEED.wanted_of(n, 0) for n in range(3)], [0, 0, 0])

    def test_two_publishers_of_one_feed_count_together(self):
        first = dict.fromkeys(feeds.COUNTED, 1) | {"ack_sum": "ffffffffffffffff",
                                                   "first_error": "", "ack_p50_ms": 9}
        second = dict.fromkeys(feeds.COUNTED, 2) | {"ack_sum": "0000000000000003",
                                                    "first_error": "late", "ack_p50_ms": 4}
        both = feeds.joined(first, second)
        self.assertEqual((both["acked"], both["ack_sum"], both["first_error"]),
                         (3, "0000000000000002", "late"))
        self.assertIs(feeds.joined(None, second), second)


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
        self.assertIn("at least 1,000", self.refuses("--deliveries", "9"))

    def test_all_is_a_flag_and_a_group(self):
        self.assertEqual(self.parse("--all").scenarios, self.parse("all").scenarios)

    def test_what_a_scenario_begins_with_can_be_set_where_it_begins_with_something(self):
        backlog, large = self.parse("backlog", "large", "--deliveries", "5000").scenarios
        self.assertEqual((backlog.deliveries, large.deliveries), (5_000, 0))


class JsonOutputTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def written(self):
        return {str(path.relative_to(self.folder)): json.loads(path.read_text())
                for path in self.folder.rglob("*.json")}

    def test_a_file_has_every_result(self):
        output = JsonOutput(str(self.folder / "new" / "bench.json"), runs=1)
        for name in "ab":
            output.add({"scenario": name})
        self.assertEqual(self.written(),
                         {"new/bench.json": [{"scenario": "a"}, {"scenario": "b"}]})

    def test_a_folder_has_a_file_a_scenario_and_one_of_all(self):
        output = JsonOutput(str(self.folder), runs=1)
        output.add({"scenario": "a"})
        self.assertEqual(self.written(),
                         {"a.json": {"scenario": "a"}, "all.json": [{"scenario": "a"}]})

    def test_a_slash_makes_a_folder_and_runs_are_numbered(self):
        output = JsonOutput(f"{self.folder}/out/", runs=2)
        for name in "aba":
            output.add({"scenario": name})
        self.assertEqual(sorted(self.written()),
                         ["out/a-1.json", "out/a-2.json", "out/all.json", "out/b-1.json"])


class BudgetTest(unittest.TestCase):
    def test_a_budget_is_kept_up_to_its_bound(self):
        found = {"a": budgets.at_most(2, 2), "b": budgets.at_most(2, 2.01)}
        self.assertEqual([each["kept"] for each in found.values()], [True, False])
        self.assertEqual(budgets.text(found), "a 2, at most 2: kept; b 2.01, at most 2: MISSED")


def moment(at, acked, items, deliveries, machine_cpu, database, **usages):
    return measure.Moment(at, acked, items, deliveries, usages, machine_cpu, database)


class FiguresTest(unittest.TestCase):
    def setUp(self):
        self.begin = moment(
            100.0, 1_000, 2_000, 200, 50.0, Counters(500, 100, 1_000_000),
            server=Usage(1.0, 10), postgres=Usage(2.0, 20), sink=Usage(0.5, 0))
        self.end = moment(
            110.0, 5_000, 10_000, 1_000, 64.0, Counters(700, 180, 9_000_000),
            server=Usage(3.0, 810, 30, 40), postgres=Usage(8.0, 20, 50, 50),
            sink=Usage(2.5, 0))

    def test_rates_are_by_the_time_that_passed(self):
        self.assertEqual(measure.rates(self.begin, self.end), {
            "deliveries_per_s": 80.0, "events_per_s": 400.0, "items_per_s": 800.0})

    def test_costs_are_by_what_was_done_meanwhile(self):
        costs = measure.costs(self.begin, self.end, cores=2)
        self.assertEqual(costs["statements_per_event"], 0.05)      # 200 / 4,000
        self.assertEqual(costs["commits_per_delivery"], 0.1)       # 80 / 800
        self.assertEqual(costs["wal_bytes_per_event"], 2_000.0)    # 8,000,000 / 4,000
        self.assertEqual({name: each["cpu_us_per_item"]
                          for name, each in costs["processes"].items()},
                         {"server": 250.0, "postgres": 750.0, "sink": 250.0})
        self.assertEqual(costs["processes"]["server"]["context_switches_per_item"], 0.1)

    def test_memory_is_as_it_was_at_the_end_and_at_most(self):
        found = measure.costs(self.begin, self.end, 2, postgres_peak=70)["processes"]
        self.assertEqual([(each["rss_bytes"], each["peak_rss_bytes"])
                          for each in (found["server"], found["postgres"])],
                         [(30, 40), (50, 70)])

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
        self.answers = {"sent": 10, "acked": 10, "ack_sum": "ab", "refused": 0,
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
        return account.problems([Published(self.scenario.feed, self.answers)], self.sink,
                                self.records)

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
                (self.answers, "sent", 11), (self.answers, "refused", 1),
                (self.answers, "duplicates", 1), (self.answers, "wrong_matched", 1),
                (self.answers, "wrong_order", 1), (self.answers, "unanswered", 1),
                (self.answers, "first_error", "the stream ended"),
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
        published = Published(self.scenario.feed, self.answers)
        self.assertEqual(account.counts([published], self.sink), {
            "published": 20, "received": 21, "verified": 18, "lost": 2, "duplicated": 3})

    def test_what_hangs_waits_in_the_queue_and_is_received_by_nobody(self):
        hangs = Feed("bench.hangs", range(2, 4), path="hang")
        self.sink["webhooks"] += [{"items": 0, "item_sum": "00"}] * 2
        self.records |= {"events": 13, "pending": 6}
        published = [Published(self.scenario.feed, self.answers),
                     Published(hangs, self.answers | {"sent": 3, "acked": 3}, False)]
        self.assertEqual(account.problems(published, self.sink, self.records), [])
        self.records["pending"] = 5
        self.assertEqual(account.problems(published, self.sink, self.records),
                         ["windows left: 5, expected 6"])

    def test_events_of_several_types_are_counted_by_webhook_and_summed_over_all(self):
        self.scenario = Scenario("types", "", webhooks=4, types=2)
        self.sink["webhooks"] = [{"items": 5, "item_sum": "55"}, {"items": 5, "item_sum": "56"},
                                 {"items": 5, "item_sum": "55"}, {"items": 5, "item_sum": "56"}]
        self.answers["ack_sum"] = "ab"  # 0x55 + 0x56, and twice that arrives
        self.assertEqual(self.found(), [])
        self.sink["webhooks"][3] = {"items": 4, "item_sum": "54"}
        self.assertEqual(self.found(), [
            "items received by webhook 3: 4, expected 5",
            "checksum of (event, escmsg_id) at all webhooks: 0000000000000154, "
            "expected 0000000000000156"])

    def test_many_problems_are_named_in_part(self):
        self.scenario = Scenario("many", "", webhooks=50)
        self.sink["webhooks"] = [{"items": 9, "item_sum": "ab"}] * 50
        found = self.found()
        self.assertEqual(len(found), account.MOST_PROBLEMS + 1)
        self.assertEqual(found[-1], "and 31 more")


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
