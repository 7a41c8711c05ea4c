"""The filters of the scenario `list`: each field that a list can be filtered by, alone and as
a console would join them, with values that differ from call to call."""

import dataclasses
import datetime
import hashlib
import random
import uuid
from collections.abc import Callable

DAYS = 7
WEBHOOKS, TYPES, OBJECTS = 1_000, 20, 500_000
SUCCEEDED, FAILED, CANCELLED, PENDING = 5, 6, 7, 2

# Of the copies, as SQL: the first webhook has a tenth of all deliveries.
VARIED = {
    "webhook_id": f"md5('webhook' || floor({WEBHOOKS} * power(random(), 3))::int)::uuid",
    "event_type": f"'list.type' || c.n * 13 % {TYPES}",
    "object_id": f"lpad((c.n * 7919 % {OBJECTS})::text, 6, '0')",
}


def webhook(number: int) -> str:
    """The id that VARIED gives."""
    return str(uuid.UUID(hashlib.md5(f"webhook{number}".encode()).hexdigest()))


@dataclasses.dataclass(frozen=True)
class Asked:
    """One filter with its values, and whether a delivery belongs into its list."""
    filter: str
    fits: Callable[[object], bool]


@dataclasses.dataclass(frozen=True)
class Filter:
    name: str
    ask: Callable[[random.Random], Asked]
    order: str = "create_time desc"


def _types(delivery) -> set[str]:
    return {item.event_type for item in delivery.items}


def _skewed(chance: random.Random) -> str:
    return webhook(int(WEBHOOKS * chance.random() ** 3))


def _state(name: str, number: int) -> Filter:
    return Filter(f"state {name}", lambda _: Asked(f"state = {name}",
                                                   lambda d: d.state == number))


def _webhook(chance: random.Random) -> Asked:
    wanted = _skewed(chance)
    return Asked(f'webhook_id = "{wanted}"', lambda d: d.webhook_id == wanted)


def _busiest(_) -> Asked:
    return Asked(f'webhook_id = "{webhook(0)}"', lambda d: d.webhook_id == webhook(0))


def _webhook_failed(chance: random.Random) -> Asked:
    wanted = _skewed(chance)
    return Asked(f'webhook_id = "{wanted}" AND state = FAILED',
                 lambda d: d.webhook_id == wanted and d.state == FAILED)


def _type(chance: random.Random) -> Asked:
    wanted = f"list.type{chance.randrange(TYPES)}"
    return Asked(f'event_type = "{wanted}"', lambda d: wanted in _types(d))


def _type_begins(_) -> Asked:
    return Asked('event_type = "list.type1*"',
                 lambda d: any(t.startswith("list.type1") for t in _types(d)))


def _type_contains(_) -> Asked:
    return Asked('event_type = "*.type7*"', lambda d: any(".type7" in t for t in _types(d)))


def _type_of_batches(_) -> Asked:
    return Asked("event_type = list.a", lambda d: "list.a" in _types(d))


def _object(chance: random.Random) -> Asked:
    wanted = f"{chance.randrange(OBJECTS):06}"
    return Asked(f'object_id = "{wanted}"',
                 lambda d: any(item.object_id == wanted for item in d.items))


def _status(text: str, fits: Callable[[int], bool]) -> Filter:
    return Filter(f"status_code {text}", lambda _: Asked(
        f"status_code {text}",
        lambda d: d.HasField("last_attempt") and fits(d.last_attempt.status_code)))


def _error(name: str, fits: Callable[[int], bool]) -> Filter:
    text = "error:*" if name == "*" else f"error = {name}"
    return Filter(text, lambda _: Asked(
        text, lambda d: d.HasField("last_attempt") and fits(d.last_attempt.error)))


def _hour(chance: random.Random) -> tuple[datetime.datetime, datetime.datetime]:
    now = datetime.datetime.now(datetime.timezone.utc)
    begin = now - datetime.timedelta(hours=chance.uniform(1, 24 * (DAYS - 1)))
    return begin, begin + datetime.timedelta(hours=1)


def _between(field: str, joined: str = "",
             also: Callable[[object], bool] = lambda _: True) -> Callable:
    def ask(chance: random.Random) -> Asked:
        begin, end = _hour(chance)

        def fits(delivery) -> bool:
            at = getattr(delivery, field).ToDatetime(datetime.timezone.utc)
            return begin <= at < end and also(delivery)

        return Asked(f'{field} >= "{begin.isoformat()}" AND {field} < "{end.isoformat()}"'
                     + joined, fits)
    return ask


FILTERS = [
    Filter("none", lambda _: Asked("", lambda d: True)),
    Filter("none, oldest first", lambda _: Asked("", lambda d: True), "create_time"),
    _state("SUCCEEDED", SUCCEEDED),
    _state("FAILED", FAILED),
    _state("CANCELLED", CANCELLED),
    _state("PENDING", PENDING),
    Filter("not SUCCEEDED", lambda _: Asked("NOT state = SUCCEEDED",
                                            lambda d: d.state != SUCCEEDED)),
    Filter("webhook", _webhook),
    Filter("the busiest webhook", _busiest),
    Filter("webhook, FAILED", _webhook_failed),
    Filter("event type", _type),
    Filter("event type begins", _type_begins),
    Filter("event type contains", _type_contains),
    Filter("event type of batches", _type_of_batches),
    Filter("object", _object),
    _status("= 404", lambda code: code == 404),
    _status(">= 500", lambda code: code >= 500),  # there is none
    _status("< 300", lambda code: 0 <= code < 300),
    _error("TIMEOUT", lambda error: error == 5),
    _error("DNS", lambda error: error == 1),      # likewise
    _error("*", lambda error: error != 0),
    Filter("an hour of create_time", _between("create_time")),
    Filter("an hour of finish_time", _between("finish_time")),
    Filter("an hour, FAILED with 404", _between(
        "create_time", " AND state = FAILED AND status_code = 404",
        lambda d: d.state == FAILED and d.last_attempt.status_code == 404)),
]
