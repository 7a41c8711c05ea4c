"""The count: where every acknowledged item is, by id, at the receiver, in the API's lists
and in the database."""

import collections
import dataclasses

from . import api

State = api.deliveries.DeliveryState
COLUMN_OF = {
    State.DELIVERY_STATE_OPEN: "pending",
    State.DELIVERY_STATE_PENDING: "pending",
    State.DELIVERY_STATE_IN_FLIGHT: "pending",
    State.DELIVERY_STATE_RETRYING: "retrying",
    State.DELIVERY_STATE_SUCCEEDED: "succeeded",
    State.DELIVERY_STATE_FAILED: "failed",
    State.DELIVERY_STATE_CANCELLED: "cancelled",
}
MOST_SHOWN = 3

Item = tuple[int, int]  # escmsg_id, notification_id


@dataclasses.dataclass
class Count:
    published: int = 0   # events acknowledged
    matched: int = 0     # items of theirs
    succeeded: int = 0   # items, by the state of their delivery
    pending: int = 0     # open, pending and in flight
    retrying: int = 0
    failed: int = 0
    cancelled: int = 0
    lost: int = 0        # items that are in no delivery, or succeeded and never came
    repeats: int = 0     # how often an item was accepted after it had been
    repeated: list[Item] = dataclasses.field(default_factory=list)
    problems: list[str] = dataclasses.field(default_factory=list)

    def imbalance(self) -> list[str]:
        """Whether what matched is what is there, in whichever state."""
        there = self.succeeded + self.pending + self.retrying + self.failed + self.cancelled
        return [] if self.matched == there else [
            f"{self.matched} items matched, {there} are there"]

    def complain(self, what: str, which) -> None:
        which = sorted(which)
        if which:
            shown = ", ".join(map(str, which[:MOST_SHOWN]))
            self.problems.append(f"{len(which)} {what}: {shown}")


def take(client: api.Client, query, ledger: dict, targets: list, requests: list) -> Count:
    """`ledger` is a Publisher's, `targets` are the World's webhooks, `requests` a
    Receiver's; `query` asks the database once more, in SQL."""
    count = Count()
    expected = _expected(count, ledger, targets)
    states = _listed(count, client)
    lost = expected - states.keys()
    count.complain("items lost", lost)
    count.complain("items of events that nobody published", states.keys() - expected)
    for item in expected & states.keys():
        column = COLUMN_OF[states[item]]
        setattr(count, column, getattr(count, column) + 1)
    lost |= _check_received(count, states, requests, targets)
    count.lost = len(lost)
    _check_events(count, client, ledger)
    _check_database(count, query)
    return count


def _expected(count: Count, ledger: dict, targets: list) -> set[Item]:
    expected = set()
    for entry in ledger.values():
        if entry.escmsg_id is None:
            continue
        count.published += 1
        for target in targets:
            if (notification := target.notifications.get(entry.event.type)) is not None:
                expected.add((entry.escmsg_id, notification))
    count.matched = len(expected)
    return expected


def _listed(count: Count, client: api.Client) -> dict[Item, int]:
    states: dict[Item, int] = {}
    twice = set()
    request = api.deliveries.ListDeliveriesRequest(page_size=1000)
    for delivery in api.every_page(client.deliveries.ListDeliveries, request, "deliveries"):
        for listed in delivery.items:
            item = (listed.escmsg_id, listed.notification_id)
            if item in states:
                twice.add(item)
            states[item] = delivery.state
    count.complain("items in two deliveries", twice)
    return states


def _check_received(count: Count, states: dict[Item, int], requests: list,
                    targets: list) -> set[Item]:
    accepted: collections.Counter = collections.Counter()
    bodies = collections.defaultdict(set)
    uuids = collections.defaultdict(set)
    for request in requests:
        bodies[request.delivery_id].add(request.body)
        for item, uuid in zip(request.items, request.item_ids, strict=True):
            uuids[item].add(uuid)
            accepted[item] += request.accepted
    secrets = {target.path for target in targets}
    count.repeated = sorted(item for item, times in accepted.items() if times > 1)
    count.repeats = sum(accepted[item] - 1 for item in count.repeated)
    count.complain("deliveries with two bodies", [d for d, b in bodies.items() if len(b) > 1])
    count.complain("items with two ids", [i for i, u in uuids.items() if len(u) > 1])
    count.complain("items received that are in no delivery", uuids.keys() - states.keys())
    count.complain("deliveries whose signature is wrong",
                   {r.delivery_id for r in requests if r.path in secrets and not r.verified})
    never_came = {item for item, state in states.items()
                  if state == State.DELIVERY_STATE_SUCCEEDED and not accepted[item]}
    count.complain("items succeeded that were never accepted", never_came)
    return never_came


def _check_events(count: Count, client: api.Client, ledger: dict) -> None:
    listed: collections.Counter = collections.Counter()
    request = api.events.ListEventsRequest(page_size=1000)
    for event in api.every_page(client.events.ListEvents, request, "events"):
        listed[event.event_id] += 1
        entry = ledger.get(event.event_id)
        if entry is not None and event.escmsg_id != entry.escmsg_id:
            count.problems.append(f"{event.event_id} was answered with another number")
    acknowledged = {id for id, entry in ledger.items() if entry.escmsg_id is not None}
    count.complain("events stored twice", [id for id, times in listed.items() if times > 1])
    count.complain("events acknowledged and not stored", acknowledged - listed.keys())
    count.complain("events stored that nobody published", listed.keys() - ledger.keys())


def _check_database(count: Count, query) -> None:
    """What SQL counts must be what the lists said."""
    queue, retrying, succeeded, failed, cancelled = map(int, query("""
        SELECT (SELECT coalesce(sum(item_count), 0) FROM windows
                WHERE lease_owner IS NOT NULL OR attempt = 0),
               (SELECT coalesce(sum(item_count), 0) FROM windows
                WHERE lease_owner IS NULL AND attempt > 0),
               coalesce(sum(item_count) FILTER (WHERE state = 5), 0),
               coalesce(sum(item_count) FILTER (WHERE state = 6), 0),
               coalesce(sum(item_count) FILTER (WHERE state = 7), 0)
        FROM deliveries""")[0])
    counted = (queue, retrying, succeeded, failed, cancelled)
    listed = (count.pending, count.retrying, count.succeeded, count.failed, count.cancelled)
    if counted != listed:
        count.problems.append(f"SQL counts {counted}, the lists {listed} (pending, retrying, "
                              "succeeded, failed, cancelled)")
