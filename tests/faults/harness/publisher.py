"""A publisher with a ledger. What is not acknowledged is published again, with its
event_id, on a new stream, until it is."""

import collections
import dataclasses
import threading
import time

import grpc

from . import api
from .waiting import Failure, wait_until

MOST_UNANSWERED = 200  # a stream
PASSING = {2, 14}      # UNKNOWN, UNAVAILABLE: publish again


@dataclasses.dataclass
class Entry:
    event: api.events.Event
    escmsg_id: int | None = None
    matched: int = 0
    acknowledged: int = 0   # answers, duplicates among them
    duplicates: int = 0
    unknown: int = 0        # answers UNKNOWN, and streams that ended before the answer
    refused: int = 0        # answers UNAVAILABLE


class Publisher:
    """`make` gives the event of a number, from 0; `pace` is events a second in all.
    `servers` are tried in turn by each stream."""

    def __init__(self, servers: list[str], make, pace: float, streams: int = 2):
        self.ledger: dict[str, Entry] = {}
        self.problems: list[str] = []
        self.stream_ends: collections.Counter = collections.Counter()  # by gRPC's code
        self._servers = servers
        self._make = make
        self._pace = pace
        self._made = 0
        self._lock = threading.Condition()
        self._waiting: collections.deque[Entry] = collections.deque()
        self._stopping = False
        self._giving_up = False
        self._threads = [threading.Thread(target=self._make_events, daemon=True)] + [
            threading.Thread(target=self._publish, args=(number,), daemon=True)
            for number in range(streams)]
        for thread in self._threads:
            thread.start()

    @property
    def acknowledged(self) -> int:
        with self._lock:
            return sum(entry.escmsg_id is not None for entry in self.ledger.values())

    def await_acknowledged(self, more: int, seconds: float = 30) -> None:
        """Until that many more than now are."""
        goal = self.acknowledged + more
        wait_until(lambda: self.acknowledged >= goal,
                   f"{more} more events were not acknowledged", seconds)

    def stop(self, seconds: float = 60) -> None:
        """No new events; returns when all are acknowledged."""
        with self._lock:
            self._stopping = True
            self._lock.notify_all()
        try:
            wait_until(self._all_acknowledged, "events were not acknowledged", seconds)
        finally:
            self.give_up()
        if self.problems:
            raise Failure("; ".join(self.problems[:3]))

    def give_up(self) -> None:
        with self._lock:
            self._stopping = self._giving_up = True
            self._lock.notify_all()
        for thread in self._threads:
            thread.join(20)

    def _all_acknowledged(self) -> bool:
        with self._lock:
            return bool(self.problems) or all(
                entry.escmsg_id is not None for entry in self.ledger.values())

    def _make_events(self) -> None:
        begin = time.monotonic()
        while True:
            with self._lock:
                if self._stopping:
                    return
                due = int((time.monotonic() - begin) * self._pace)
                while self._made < due and len(self._waiting) < 5_000:
                    entry = Entry(self._make(self._made))
                    self._made += 1
                    self.ledger[entry.event.event_id] = entry
                    self._waiting.append(entry)
                self._lock.notify_all()
                self._lock.wait(0.01)

    def _publish(self, number: int) -> None:
        turn = number
        while not self._giving_up and not (self._stopping and self._all_acknowledged()):
            stream = _Stream(self, self._servers[turn % len(self._servers)])
            code = stream.run()
            with self._lock:
                self.stream_ends[code] += 1
            turn += 1
            if code != grpc.StatusCode.OK:
                time.sleep(0.05)

    def take(self, stream: "_Stream") -> Entry | None:
        """The next event for a stream; None: half-close."""
        with self._lock:
            while True:
                if stream.ended or self._giving_up:
                    return None
                if self._waiting and len(stream.unanswered) < MOST_UNANSWERED:
                    entry = self._waiting.popleft()
                    stream.unanswered.append(entry)
                    return entry
                if self._stopping and not self._waiting:
                    return None
                self._lock.wait(0.05)

    def answered(self, stream: "_Stream", answer: api.events.PublishEventResponse) -> None:
        with self._lock:
            entry = stream.unanswered.popleft()
            self._lock.notify_all()
            if answer.WhichOneof("result") == "published":
                self._acknowledge(entry, answer.published)
            elif answer.refused.code in PASSING:
                entry.unknown += answer.refused.code == 2
                entry.refused += answer.refused.code == 14
                self._waiting.append(entry)
            else:
                self.problems.append(f"{entry.event.event_id} was refused: {answer.refused}")

    def _acknowledge(self, entry: Entry, published: api.events.PublishedEvent) -> None:
        if entry.escmsg_id not in (None, published.escmsg_id):
            self.problems.append(f"{entry.event.event_id} became two events")
        if not published.duplicate:
            entry.matched = published.matched
            if entry.acknowledged > entry.duplicates:
                self.problems.append(f"{entry.event.event_id} was new twice")
        entry.escmsg_id = published.escmsg_id
        entry.acknowledged += 1
        entry.duplicates += published.duplicate

    def ended(self, stream: "_Stream") -> None:
        """Whatever a stream did not answer may or may not be published."""
        with self._lock:
            stream.ended = True
            for entry in stream.unanswered:
                entry.unknown += 1
                self._waiting.append(entry)
            stream.unanswered.clear()
            self._lock.notify_all()


class _Stream:
    def __init__(self, publisher: Publisher, server: str):
        self.unanswered: collections.deque[Entry] = collections.deque()
        self.ended = False
        self._publisher = publisher
        self._server = server

    def run(self) -> grpc.StatusCode:
        client = api.Client(self._server)
        try:
            for answer in client.events.PublishEvent(self._requests()):
                self._publisher.answered(self, answer)
            return grpc.StatusCode.OK
        except grpc.RpcError as error:
            return error.code()
        finally:
            self._publisher.ended(self)
            client.close()

    def _requests(self):
        while (entry := self._publisher.take(self)) is not None:
            yield api.events.PublishEventRequest(event=entry.event)
