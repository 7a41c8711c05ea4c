"""The count itself: what is lost, sent again, stored twice or changed on its way is seen."""

import types
import unittest

from harness import api, count
from harness.publisher import Entry
from harness.receiver import Request
from harness.world import Target

SUCCEEDED = api.deliveries.DELIVERY_STATE_SUCCEEDED
RETRYING = api.deliveries.DELIVERY_STATE_RETRYING
BODY = b'{"id":"u%d","notification_id":7,"escmsg_id":%d}'


class Trusted(Request):
    """A request whose signature is right."""
    verified = ["secret"]


class CountTest(unittest.TestCase):
    """Two events, 1 and 2, each matched by the one webhook and sent by itself."""

    def setUp(self):
        self.ledger = {f"e{n}": Entry(api.events.Event(event_id=f"e{n}", type="t"),
                                      escmsg_id=n, acknowledged=1) for n in (1, 2)}
        self.targets = [Target("/a", "w", "secret", {"t": 7})]
        self.deliveries = [self.delivery(n, n, SUCCEEDED) for n in (1, 2)]
        self.requests = [self.request(n, n) for n in (1, 2)]
        self.events = [api.events.Event(event_id=f"e{n}", escmsg_id=n) for n in (1, 2)]
        self.in_sql = [0, 0, 2, 0, 0]

    def delivery(self, number: int, escmsg_id: int, state: int):
        item = api.deliveries.DeliveryItem(escmsg_id=escmsg_id, notification_id=7)
        return api.deliveries.Delivery(delivery_id=f"d{number}", state=state, items=[item])

    def request(self, number: int, escmsg_id: int, status: int | None = 200, cls=Trusted):
        return cls(path="/a", delivery_id=f"d{number}", items=[(escmsg_id, 7)], headers={},
                   body=BODY % (escmsg_id, escmsg_id), at=0, came=0, tries=1, secrets=["whsec_AAAA"],
                   answered=status)

    def take(self) -> count.Count:
        client = types.SimpleNamespace(
            deliveries=types.SimpleNamespace(
                ListDeliveries=lambda *_, **__: api.deliveries.ListDeliveriesResponse(
                    deliveries=self.deliveries)),
            events=types.SimpleNamespace(
                ListEvents=lambda *_, **__: api.events.ListEventsResponse(
                    events=self.events)))
        return count.take(client, lambda _: [list(map(str, self.in_sql))], self.ledger,
                          self.targets, self.requests)

    def assert_problem(self, what: str):
        problems = self.take().problems
        self.assertTrue(any(what in problem for problem in problems), problems)

    def test_all_is_well(self):
        taken = self.take()
        self.assertEqual(taken.problems, [])
        self.assertEqual((taken.published, taken.matched, taken.succeeded), (2, 2, 2))
        self.assertEqual((taken.lost, taken.repeats), (0, 0))

    def test_an_item_in_no_delivery_is_lost(self):
        del self.deliveries[1]
        self.in_sql[2] = 1
        self.assertEqual(self.take().lost, 1)
        self.assert_problem("1 items lost: (2, 7)")

    def test_a_success_that_never_came_is_lost(self):
        self.requests[1].answered = None
        self.assertEqual(self.take().lost, 1)
        self.assert_problem("succeeded that were never accepted")

    def test_what_was_accepted_again_is_a_repeat_and_not_lost(self):
        self.requests.append(self.request(2, 2))
        taken = self.take()
        self.assertEqual((taken.repeats, taken.repeated, taken.lost), (1, [(2, 7)], 0))
        self.assertEqual(taken.problems, [])

    def test_a_refused_try_is_no_repeat(self):
        self.requests.insert(0, self.request(2, 2, status=500))
        self.assertEqual(self.take().repeats, 0)

    def test_states_are_counted_apart(self):
        self.deliveries[1].state = RETRYING
        self.requests[1].answered = 500
        self.in_sql = [0, 1, 1, 0, 0]
        taken = self.take()
        self.assertEqual((taken.succeeded, taken.retrying, taken.problems), (1, 1, []))

    def test_one_event_in_two_deliveries(self):
        self.deliveries.append(self.delivery(3, 2, RETRYING))
        self.assert_problem("items in two deliveries")

    def test_an_event_stored_twice(self):
        self.events.append(api.events.Event(event_id="e1", escmsg_id=9))
        self.assert_problem("events stored twice: e1")
        self.assert_problem("e1 was answered with another number")

    def test_an_event_acknowledged_and_not_stored(self):
        del self.events[0]
        self.assert_problem("events acknowledged and not stored: e1")

    def test_other_bytes_at_the_second_try(self):
        again = self.request(2, 2)
        again.body += b" "
        self.requests.append(again)
        self.assert_problem("deliveries with two bodies: d2")

    def test_a_wrong_signature(self):
        self.requests[0] = self.request(1, 1, cls=Request)
        self.assert_problem("signature is wrong: d1")

    def test_a_database_that_says_otherwise(self):
        self.in_sql[2] = 3
        self.assert_problem("SQL counts")


if __name__ == "__main__":
    unittest.main()
