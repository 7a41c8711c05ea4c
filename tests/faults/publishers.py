"""Publishers that ask for more than they take, or as much as they can."""

import contextlib
import pathlib
import sys
import threading
import time

from fault import Fault
from harness import ROOT
from harness.waiting import expect
from harness.world import CREATED, UPDATED, PAYLOADS

sys.path.append(str(ROOT / "tests" / "security"))  # http2.py
import http2  # noqa: E402  pylint: disable=wrong-import-position
from http2 import Connection, field  # noqa: E402  pylint: disable=wrong-import-position

PUBLISH = "/windrow.v1.EventService/PublishEvent"
STREAMS, SECONDS = 16, 6
MOST_UNREAD_MIB, MOST_LARGE_MIB = 128, 384
MIB = 1 << 20


class GreedyPublishers(Fault):
    number = 21
    name = "answers never read; 1 MiB events at full speed"

    def run(self, world):
        world.start(workers=0, webhooks=False)
        world.create_webhook("/plain", payload=PAYLOADS.PAYLOAD_KIND_EVENT_ONLY,
                             types=(UPDATED,))
        host, port = world.address().split(":")
        self.address = (host, int(port))
        self.pid = world.processes["server"].pid
        refused = self.measure(lambda: self.flood(b"", window=0))
        unread = self.measure(lambda: self.flood(event(20), window=0))
        large = self.measure(lambda: self.flood(event(MIB - 1_000), window=1 << 30))
        print(f"       answers never read: {unread[0]:,} events and {refused[0]:,} broken ones "
              f"written, memory grew by {unread[1]:.0f} and {refused[1]:.0f} MiB; 1 MiB "
              f"events: {large[0] / SECONDS:.0f} a second, {large[1]:.0f} MiB")
        expect(max(unread[1], refused[1]) < MOST_UNREAD_MIB, "unread answers take memory")
        expect(large[1] < MOST_LARGE_MIB, "large events take memory")
        with world.load() as publisher:
            publisher.await_acknowledged(100)
        expect(world.processes["server"].running, "the server has ended")

    def measure(self, flood) -> tuple[int, float]:
        """Messages that were taken, and by how many MiB the server's peak grew."""
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5", encoding="ascii")
        before = self.peak_mib()
        taken = flood()
        return taken, self.peak_mib() - before

    def peak_mib(self) -> float:
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def flood(self, message: bytes, window: int) -> int:
        """The same message on each of some streams, as fast as the server takes it; how many
        were written. With the window 0 no answer can be read."""
        until = time.monotonic() + SECONDS
        written = [0] * STREAMS
        wrapped = field(1, message) if message else b"\xff\xff\xff"

        def publish(number: int) -> None:
            with contextlib.suppress(OSError), Connection(self.address,
                                                          window=window) as client:
                client.read(5)
                stream = client.open(PUBLISH)
                data = b"\0" + len(wrapped).to_bytes(4, "big") + wrapped
                many = max(1, 16_000 // len(data))
                while time.monotonic() < until:
                    client.data(stream, data * many, seconds=until - time.monotonic())
                    written[number] += many

        threads = [threading.Thread(target=publish, args=(n,)) for n in range(STREAMS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(written)


def event(size: int) -> bytes:
    json = b'{"id":1,"x":"' + b"a" * size + b'"}'
    return (field(3, CREATED) + field(4, "ticket") + field(5, "1") + field(6, json))
