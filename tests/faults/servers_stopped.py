"""A server stopped while streams are open, and one event on all of them at once."""

import threading

import grpc

from fault import Fault
from harness import api
from harness.publisher import Entry
from harness.waiting import Failure, expect
from harness.world import event


def start_two_servers(world) -> None:
    world.start_server("server")
    world.start_server("elsewhere")
    world.mix(timeout=20)
    world.start_worker()


class StoppedWithOpenStreams(Fault):
    number = 11
    name = "SIGTERM of a server with 50 open streams"
    no_repeats = True

    def run(self, world):
        start_two_servers(world)
        with world.load(streams=100, servers=("server", "elsewhere")) as publisher:
            publisher.await_acknowledged(300)
            world.processes["server"].stop()
            publisher.await_acknowledged(300)
        ends = publisher.stream_ends
        expect(ends[grpc.StatusCode.UNAVAILABLE] >= 50, f"streams ended: {dict(ends)}")
        expect(set(ends) <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.OK},
               f"streams ended: {dict(ends)}")
        kept = [entry for entry in publisher.ledger.values() if entry.duplicates]
        expect(not kept, f"{len(kept)} events were stored and not answered")
        return world.settle(server="elsewhere")


class SameEventIds:
    """Each of `events` events on every one of `streams` streams at once. A publisher to the
    World's count."""

    def __init__(self, servers: list[str], streams: int, events: int):
        self.ledger = {}
        self.answers: list[list] = [[] for _ in range(streams)]
        self.events = [event(number) for number in range(events)]
        self._start = threading.Barrier(streams)
        self._threads = [
            threading.Thread(target=self._publish, args=(servers[n % len(servers)], answers),
                             daemon=True) for n, answers in enumerate(self.answers)]

    def run(self) -> None:
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join(60)
        for number, published in enumerate(self.events):
            answers = [of_stream[number] for of_stream in self.answers
                       if len(of_stream) > number]
            if len(answers) != len(self.answers):
                raise Failure(f"{len(answers)} of {len(self.answers)} streams were answered")
            self.ledger[published.event_id] = self._entry(published, answers)

    def give_up(self) -> None:
        self._start.abort()

    def _entry(self, published, answers) -> Entry:
        refused = [answer for answer in answers if answer.WhichOneof("result") == "refused"]
        expect(not refused, f"{published.event_id} was refused: {refused[:1]}")
        numbers = {answer.published.escmsg_id for answer in answers}
        new = sum(not answer.published.duplicate for answer in answers)
        expect(len(numbers) == 1, f"{published.event_id} became events {sorted(numbers)}")
        expect(new == 1, f"{published.event_id} was new {new} times")
        return Entry(published, escmsg_id=numbers.pop(), acknowledged=len(answers),
                     duplicates=len(answers) - 1)

    def _publish(self, server: str, answers: list) -> None:
        client = api.Client(server)
        try:
            grpc.channel_ready_future(client.channel).result(30)
            self._start.wait(30)
            requests = (api.events.PublishEventRequest(event=e) for e in self.events)
            answers.extend(client.events.PublishEvent(requests, timeout=60))
        finally:
            client.close()


class SameEventIdAtOnce(Fault):
    number = 19
    name = "the same event_id from 100 streams at once"
    no_repeats = True

    def run(self, world):
        start_two_servers(world)
        publisher = SameEventIds([world.address("server"), world.address("elsewhere")],
                                 streams=100, events=20)
        world.publishers.append(publisher)
        publisher.run()
        return world.settle()
