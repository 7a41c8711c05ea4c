#!/usr/bin/env python3
"""What the kinds of run compute and judge: their parts that start nothing."""

import types
import unittest

import history
from feeds import Feed, Published
from kinds import beside, growth, in_flight, list_filters, list_sources, lists, vacuum


class HistoryTest(unittest.TestCase):
    def test_a_copy_is_the_real_row_but_for_what_is_its_own_and_what_varies(self):
        sql = history.insert("deliveries", ["tenant_id", "delivery_id", "object_id"],
                             {"object_id": "c.n::text"})
        self.assertEqual(sql.split("\n"), [
            "INSERT INTO deliveries (tenant_id, delivery_id, object_id)",
            "SELECT r.tenant_id, c.delivery_id, "
            "CASE WHEN r.object_id IS NOT NULL THEN c.n::text END",
            "FROM copies c JOIN bench_real d ON d.source = c.source",
            "JOIN bench_deliveries r ON r.source = c.source",
            "ORDER BY c.n"])


    def test_copies_have_nulls_where_the_real_rows_have_them_and_are_as_large(self):
        names = ["delivery_id", "event_type", history.BYTES]
        real = ["0.00", "0.02", "410"]
        self.assertEqual(history.differences(names, real, ["0.00", "0.02", "420"]), [])
        self.assertEqual(history.differences(names, real, ["0.00", "0.03", "440"]),
                         ["event_type is 0.03, expected 0.02",
                          "bytes a row is 440, expected 410"])


class InFlightTest(unittest.TestCase):
    def test_it_counts_where_all_requests_are_in_flight_for_one_event(self):
        def problems(acked: int, in_flight_now: int) -> list[str]:
            answers = {"acked": acked, "first_error": "why"}
            published = Published(Feed("t", range(10)), answers, arrives=False)
            return in_flight.problems(published, in_flight_now, 10)

        self.assertEqual(problems(1, 10), [])
        self.assertEqual(problems(1, 9), ["9 in flight, not 10"])
        self.assertEqual(problems(0, 10), ["the event was not published: why"])


class GrowthTest(unittest.TestCase):
    def test_each_point_has_its_ratio_to_the_first(self):
        points = [growth.Point(past, 1, cpu, 9_000.0, 3_700.0, 0.0)
                  for past, cpu in ((10_000, 80.0), (100_000, 76.0), (1_000_000, 100.0))]
        self.assertEqual([point["ratio"] for point in growth.series(points)],
                         [1.0, 0.95, 1.25])


class VacuumTest(unittest.TestCase):
    @staticmethod
    def judge(*sizes, pending=(5_000, 5_000, 5_000), seconds=600.0):
        return vacuum.judge([
            vacuum.Sample(at, {"windows": size}, {"windows_due": 10}, 0, count, 0)
            for at, size, count in zip((30.0, 59.0, 300.0), sizes, pending)], seconds)

    def test_the_bound_is_by_the_most_of_the_first_minute(self):
        found = self.judge(90, 190, 250)
        self.assertEqual((found["first_bytes"], found["bound_bytes"], found["after_bytes"]),
                         (200, 400, 260))

    def test_where_more_is_pending_later_there_may_be_more_by_as_much(self):
        found = self.judge(90, 190, 250, pending=(1_000, 5_000, 10_000))
        self.assertEqual(found["bound_bytes"], 800)

    def test_where_less_is_pending_later_there_may_not_be_less(self):
        self.assertEqual(self.judge(90, 190, 90, pending=(9, 9, 1))["bound_bytes"], 400)

    def test_the_first_of_a_short_run_is_its_third(self):
        self.assertEqual(self.judge(90, 190, 250, seconds=120.0)["first_bytes"], 100)


def delivery(number, **fields):
    return types.SimpleNamespace(**{"delivery_id": f"{number:04}", "state": 5} | fields)


class ListsTest(unittest.TestCase):
    ASKED = list_filters.Asked("state = SUCCEEDED", lambda d: d.state == 5)
    NEWEST = list_filters.Filter("state", lambda _: ListsTest.ASKED)
    OLDEST = list_filters.Filter("state", lambda _: ListsTest.ASKED, "create_time")

    def wrong(self, each, *deliveries, size=3):
        return lists.wrong(deliveries, each, self.ASKED, size)

    def test_a_page_in_order_that_fits_is_right(self):
        self.assertEqual(self.wrong(self.NEWEST, delivery(2), delivery(1)), [])
        self.assertEqual(self.wrong(self.OLDEST, delivery(1), delivery(2)), [])
        self.assertEqual(self.wrong(self.NEWEST), [])

    def test_each_fault_of_a_page_is_found(self):
        self.assertEqual(self.wrong(self.NEWEST, delivery(2), delivery(1, state=6)),
                         ["state: 1 deliveries do not fit state = SUCCEEDED"])
        for page in ((delivery(1), delivery(2)), (delivery(1), delivery(1))):
            self.assertEqual(self.wrong(self.NEWEST, *page), ["state: not in order, or twice"])
        self.assertEqual(self.wrong(self.OLDEST, delivery(1), delivery(2), size=1),
                         ["state: a page of 2, where 1 were asked for"])

    def test_the_slowest_of_a_hundred_is_their_p99(self):
        self.assertEqual(lists.figures([float(n) for n in range(100, 0, -1)]),
                         {"p50_ms": 51.0, "p99_ms": 100.0, "max_ms": 100.0})

    def test_webhooks_have_the_ids_that_the_copies_have(self):
        # SELECT md5('webhook7')::uuid
        self.assertEqual(list_filters.webhook(7), "f8bb348c-6a0d-a798-74c4-1a6b0b4bd9e0")

    def test_weights_are_of_a_thousand_and_name_each_kind_of_source(self):
        self.assertEqual(sum(lists.WEIGHTS.values()), 1_000)
        self.assertEqual(set(lists.WEIGHTS), set(list_sources.ENDED))


class BesideTest(unittest.TestCase):
    def test_what_is_waited_for_is_looked_at_again_and_again(self):
        looks = iter([False, False, True])
        meanwhile = []
        beside.await_that(lambda: next(looks), "it does not come",
                          lambda: meanwhile.append(1))
        self.assertEqual(len(meanwhile), 2)


if __name__ == "__main__":
    unittest.main()
