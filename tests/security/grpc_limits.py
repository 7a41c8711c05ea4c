"""Limits of the gRPC port: each row crosses one, and says what came of it."""

import contextlib
import dataclasses
import os
import socket
import struct
import threading
import time
from collections.abc import Callable

import http2
from http2 import Connection, field, frame
from installation import Installation, Server

LIST = "/windrow.v1.WebhookService/ListWebhooks"
CREATE = "/windrow.v1.WebhookService/CreateWebhook"
BATCH = "/windrow.v1.EventService/BatchPublishEvents"
STREAM = "/windrow.v1.EventService/PublishEvent"
OK, CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED = 0, 1, 4, 8


class Crossed(Exception):
    """A limit that did not hold; its text is for a person."""


@dataclasses.dataclass
class World:
    installation: Installation
    server: Server  # as it is by default
    strict: Server  # with limits that a test can wait for


@dataclasses.dataclass(frozen=True)
class Row:
    limit: str
    crossed_by: str
    run: Callable[[World], str]  # what came of it; Crossed where that is wrong
    alone: bool = True  # measures a server: nothing else may run beside it


def expect(condition: bool, text: str) -> None:
    if not condition:
        raise Crossed(text)


def still_serves(server: Server, seconds: float = 2) -> float:
    """A call of somebody else, tried until it is answered: how long that takes."""
    begun = time.monotonic()
    status = None
    while status != OK and time.monotonic() - begun < 20:
        with contextlib.suppress(OSError), Connection(server.address) as other:
            status = other.call(LIST, b"", seconds=10).status
    took = time.monotonic() - begun
    expect(status == OK and took < seconds, f"another client's call took {took:.1f} s")
    return took


def event(size: int, object_type: str = "ticket") -> bytes:
    json = b'{"id":1,"x":"' + b"a" * size + b'"}'
    return (field(3, "ticket.created") + field(4, object_type) + field(5, "1") +
            field(6, json))


def webhook(name: str) -> bytes:
    return field(1, field(2, name) + field(4, "https://example.com/") +
                 field(9, field(2, "ticket.created")))


@contextlib.contextmanager
def growth(server: Server, most_mib: float):
    """Checks the server's peak in the block against what it had before."""
    server.reset_peak()
    before = server.peak_mib()
    grown = {}
    yield grown
    grown["mib"] = server.peak_mib() - before
    expect(grown["mib"] < most_mib, f"memory grew by {grown['mib']:.0f} MiB")


def settles(server: Server) -> None:
    """Waits until the server is idle again."""
    until = time.monotonic() + 10
    before = server.cpu_seconds()
    while True:
        time.sleep(0.5)
        now = server.cpu_seconds()
        if now - before < 0.1:
            return
        before = now
        expect(time.monotonic() < until, "the server is busy although the client went away")


def message_size(world: World) -> str:
    with Connection(world.server.address) as client:
        answer = client.call(BATCH, field(1, event(5 << 20)))
        expect(answer.status == RESOURCE_EXHAUSTED, f"status {answer.status}")
        expect(client.call(LIST, b"").status == OK, "the connection does not go on")
    return "RESOURCE_EXHAUSTED; the connection goes on"


def event_size(world: World) -> str:
    with Connection(world.server.address) as client:
        stream = client.open(STREAM)
        client.message(stream, field(1, event(1 << 20)), end=False)
        client.message(stream, field(1, event(10)))
        answer = client.answer(stream)
    expect(b"EVENT_TOO_LARGE" in answer.data, "the event was not refused")
    expect(answer.status == OK, f"the stream ended with {answer.status}")
    return "EVENT_TOO_LARGE for that event; the stream goes on"


def streams(world: World) -> str:
    with Connection(world.server.address) as client:
        client.call(LIST, b"")
        most = client.settings[http2.MAX_CONCURRENT_STREAMS]
        for _ in range(most + 50):
            client.open(STREAM)
        expect(client.read_to_end(10), "all streams were taken")
    still_serves(world.server)
    return f"told {most} in SETTINGS; the connection of a client that opens more is closed"


def metadata(world: World) -> str:
    with Connection(world.server.address) as client:
        client.call(LIST, b"")
        stream = client.new_stream()
        block = client.request_headers(LIST, ("x-long", "a" * 40_000))
        client.send(frame(http2.HEADERS, 0, stream, block[:16_000]))
        client.send(frame(http2.CONTINUATION, 0, stream, block[16_000:32_000]))
        client.send(frame(http2.CONTINUATION, http2.END_HEADERS, stream, block[32_000:]))
        client.message(stream, b"")
        answer = client.answer(stream)
    expect(answer.status == RESOURCE_EXHAUSTED, f"status {answer.status}")
    return "RESOURCE_EXHAUSTED for a call with 40 KB of metadata"


def pings(world: World) -> str:
    with Connection(world.server.address) as client:
        client.call(LIST, b"")
        with contextlib.suppress(OSError):
            for _ in range(20):
                client.send(frame(http2.PING, 0, 0, b"12345678"))
                time.sleep(0.01)
        expect(client.read_to_end(10), "the connection goes on")
        expect(client.goaway is not None and client.goaway[0] == http2.ENHANCE_YOUR_CALM,
               f"no GOAWAY: {client.goaway}")
        return f"GOAWAY {client.goaway[1]}"


def handshake(world: World) -> str:
    ends = []
    for first in (b"", http2.PREFACE[:10], http2.PREFACE, b"\x16\x03\x01\x02"):
        with socket.create_connection(world.server.address) as client:
            begun = time.monotonic()
            client.sendall(first)
            client.settimeout(20)
            with contextlib.suppress(ConnectionError):
                while client.recv(4096):
                    pass
            ends.append(time.monotonic() - begun)
    expect(max(ends) < 15, "the connection stays open")
    return "closed after " + ", ".join(f"{end:.0f}" for end in ends) + " s"


def idle(world: World) -> str:
    with Connection(world.strict.address) as client:
        client.call(LIST, b"")
        begun = time.monotonic()
        expect(client.read_to_end(30), "the connection stays open")
        took = time.monotonic() - begun
        expect(client.goaway is not None, "it was closed without GOAWAY")
    return f"GOAWAY and closed after {took:.0f} s (max_connection_idle 10 s)"


def age(world: World) -> str:
    with Connection(world.strict.address) as client:
        stream = client.open(STREAM)
        begun = time.monotonic()
        while client.goaway is None:
            expect(client.read(100) is not None, "it was closed without GOAWAY")
        took = time.monotonic() - begun
        client.message(stream, field(1, event(10)))
        answer = client.answer(stream)
    expect(answer.status == OK, f"the open stream ended with {answer.status}")
    return f"GOAWAY after {took:.0f} s (max_connection_age 60 s); the open stream went on"


def half_open(world: World) -> str:
    """As of a client whose machine is gone: nothing comes, not even an answer to PING."""
    with Connection(world.server.address, mute=True) as client:
        client.send(frame(http2.SETTINGS, http2.ACK, 0))
        client.open(STREAM)
        begun = time.monotonic()
        expect(client.read_to_end(150), "the connection stays open")
        took = time.monotonic() - begun
    expect(took < 120, f"closed after {took:.0f} s only")
    return f"closed after {took:.0f} s (a PING after 60 s, 20 s for its answer)"


def memory(world: World) -> str:
    """Messages of the largest size that never end, on many connections."""
    server = world.installation.start("--max-memory", "16MiB")
    with growth(server, 96) as grown, contextlib.ExitStack() as open_clients:
        sent = 0
        for _ in range(60):
            client = open_clients.enter_context(Connection(server.address))
            try:
                stream = client.open(STREAM)
                client.data(stream, b"\0" + struct.pack(">I", 4 << 20))
                for _ in range(255):
                    client.data(stream, b"x" * 16_000, seconds=0.3)
                    sent += 16_000
            except OSError:
                pass  # no window for more, or closed
    still_serves(server)
    return (f"{sent / 2**20:.0f} MiB were sent; memory grew by "
            f"{grown['mib']:.0f} MiB (max_memory 16 MiB)")


def deadline(world: World) -> str:
    """Both threads of the server wait for a lock, and a call with 300 ms behind them."""
    tag = os.urandom(4).hex()
    blocked: list[threading.Thread] = []
    statuses: list[int | None] = []

    def create(name: str) -> None:
        with Connection(world.strict.address) as client:
            statuses.append(client.call(CREATE, webhook(name)).status)

    locker = threading.Thread(target=world.installation.postgres.query, args=(
        "BEGIN; LOCK TABLE webhooks IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(3); COMMIT",
        "windrow"))
    locker.start()
    _await_rows(world, "SELECT 1 FROM pg_locks WHERE granted AND relation = "
                "'webhooks'::regclass AND mode = 'AccessExclusiveLock'")
    for number in range(2):
        blocked.append(threading.Thread(target=create, args=(f"blocked {tag} {number}",)))
        blocked[-1].start()
    _await_rows(world, "SELECT 1 FROM pg_locks WHERE NOT granted HAVING count(*) >= 2")
    with Connection(world.strict.address) as client:
        begun = time.monotonic()
        answer = client.call(CREATE, webhook(f"late {tag}"), ("grpc-timeout", "300m"))
        took = time.monotonic() - begun
    for thread in [*blocked, locker]:
        thread.join()
    ended = answer.status if answer.status is not None else answer.reset
    expect(ended in (CANCELLED, DEADLINE_EXCEEDED, http2.CANCEL), f"it ended with {ended}")
    expect(took < 2, f"it ended after {took:.1f} s only")
    expect(statuses == [OK, OK], f"the others ended with {statuses}")
    still_serves(world.strict)
    names = world.installation.postgres.query(
        f"SELECT name FROM webhooks WHERE name LIKE '%{tag}%'", "windrow")
    expect(len(names) == 2, f"saved: {names}")
    return f"ended after {took:.1f} s, and was not run when its turn came"


def _await_rows(world: World, sql: str) -> None:
    until = time.monotonic() + 10
    while not world.installation.postgres.query(sql, "windrow"):
        expect(time.monotonic() < until, "the database did not come to the wanted state")


def connections(world: World) -> str:
    server = world.server
    with Connection(server.address) as earlier, contextlib.ExitStack() as sockets:
        earlier.call(LIST, b"")
        with growth(server, 64) as grown:
            clients = [sockets.enter_context(socket.create_connection(server.address, 5))
                       for _ in range(5_000)]
            time.sleep(0.3)
            refused = sum(_is_closed(client) for client in clients)
        expect(3_900 <= refused <= 4_050, f"{refused} were refused")
        expect(earlier.call(LIST, b"").status == OK, "an earlier connection is broken")
    until = time.monotonic() + 10
    while True:
        try:
            still_serves(server)
            break
        except (OSError, Crossed):
            expect(time.monotonic() < until, "nobody is served once they are gone")
    return (f"{refused:,} were closed at once (max_connections 1,000), memory grew by "
            f"{grown['mib']:.0f} MiB; earlier ones went on, later ones were served")


def _is_closed(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        while data := client.recv(4096):
            del data
        return True
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def descriptors(world: World) -> str:
    """A server that may open few files takes what it can, and goes on taking it."""
    server = world.installation.start_with_files(320)
    with contextlib.ExitStack() as sockets:
        for _ in range(600):
            sockets.enter_context(socket.create_connection(server.address, 5))
        time.sleep(0.3)
    until = time.monotonic() + 10
    while True:
        try:
            still_serves(server)
            return "the cap follows the limit of open files; served once they are gone"
        except (OSError, Crossed):
            expect(time.monotonic() < until, "nobody is served once they are gone")


def not_http2(world: World) -> str:
    for data in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", os.urandom(1 << 16),
                 http2.PREFACE + b"\xff" * 100,
                 http2.PREFACE + frame(http2.SETTINGS, 0, 0) + frame(99, 0, 0, b"x" * 16_385),
                 http2.PREFACE + frame(http2.SETTINGS, 0, 0) +
                 frame(http2.HEADERS, http2.END_HEADERS, 1, b"\xff" * 64)):
        with socket.create_connection(world.server.address, 10) as client:
            client.settimeout(15)
            with contextlib.suppress(ConnectionError):
                client.sendall(data)
                while client.recv(4096):
                    pass
    still_serves(world.server)
    return "HTTP/1.1, random bytes and broken frames: the connection is closed"


ROWS = [
    Row("message size, 4 MiB", "a message of 5 MiB", message_size, False),
    Row("event size, 1 MiB", "an event over it", event_size, False),
    Row("streams of a connection", "50 more than there may be", streams, False),
    Row("metadata, 16 KiB", "40 KB", metadata, False),
    Row("PINGs of a client", "20 in 0.2 s", pings, False),
    Row("handshake, 10 s", "a client that begins, and waits", handshake, False),
    Row("idle connection", "a client that does nothing", idle, False),
    Row("age of a connection", "a stream that stays open", age, False),
    Row("half-open connection", "a client that answers no PING", half_open, False),
    Row("deadline", "300 ms, behind calls that wait", deadline),
    Row("HTTP/2 itself", "other protocols and broken frames", not_http2, False),
    Row("memory of gRPC", "60 messages of 4 MiB without end", memory),
    Row("connections", "5,000 at once", connections),
    Row("open files", "more connections than files", descriptors),
]
