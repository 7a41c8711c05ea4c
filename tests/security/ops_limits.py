"""Limits of the page for operators (/metrics, /healthz, /readyz): each row crosses one."""

import contextlib
import socket
import time

from grpc_limits import Row, World, expect, growth

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: a\r\n"


def ask(address: tuple[str, int], request: bytes, seconds: float = 5) -> bytes:
    """What is answered until the other end closes, or `seconds` are over."""
    with socket.create_connection(address, 10) as client:
        client.settimeout(seconds)
        with contextlib.suppress(ConnectionError):
            client.sendall(request)
        return read_all(client)


def read_all(client: socket.socket) -> bytes:
    got = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        while more := client.recv(1 << 16):
            got += more
    return got


def status(answer: bytes) -> str:
    return answer.split(b" ")[1].decode() if answer.startswith(b"HTTP/1.1 ") else "none"


def healthy(world: World) -> None:
    answer = ask(world.server.ops, HEALTH + b"Connection: close\r\n\r\n")
    expect(status(answer) == "200", f"/healthz answers {status(answer)}")


def header_size(world: World) -> str:
    lines = ask(world.server.ops, HEALTH + b"X-Long: " + b"a" * 9_000 + b"\r\n\r\n")
    many = ask(world.server.ops, HEALTH + b"X: y\r\n" * 10_000 + b"\r\n")
    target = ask(world.server.ops, b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n")
    got = [status(lines), status(many), status(target)]
    expect(got == ["431"] * 3, f"answered with {got}")
    healthy(world)
    return "431, and closed"


def slow_header(world: World) -> str:
    with socket.create_connection(world.server.ops, 5) as client:
        begun = time.monotonic()
        client.settimeout(1)
        with contextlib.suppress(ConnectionError):
            for byte in HEALTH * 3:
                client.sendall(bytes([byte]))
                try:
                    if not client.recv(1):
                        break
                except TimeoutError:
                    continue
        took = time.monotonic() - begun
    expect(took < 15, f"it was waited for for {took:.0f} s")
    return f"closed after {took:.0f} s"


def silent(world: World) -> str:
    with socket.create_connection(world.server.ops, 5) as client:
        begun = time.monotonic()
        client.sendall(HEALTH + b"\r\n")  # one request, and then nothing
        client.settimeout(20)
        answer = read_all(client)
        took = time.monotonic() - begun
    expect(status(answer) == "200" and took < 15, f"closed after {took:.0f} s")
    return f"closed {took:.0f} s after its last request"


def never_reads(world: World) -> str:
    """Asks for more and more, and takes no answer."""
    with growth(world.server, 16) as grown, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect(world.server.ops)
        client.settimeout(20)
        sent, begun = 0, time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - begun < 20:
                sent += client.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 200)
        took = time.monotonic() - begun
    expect(took < 18, "the connection stays open")
    return (f"closed after {took:.0f} s, {sent / 1024:.0f} KiB of requests taken; memory "
            f"grew by {grown['mib']:.0f} MiB")


def connections(world: World) -> str:
    with contextlib.ExitStack() as sockets:
        clients = [sockets.enter_context(socket.create_connection(world.server.ops, 5))
                   for _ in range(200)]
        time.sleep(0.3)
        refused = 0
        for client in clients:
            client.setblocking(False)
            try:
                refused += client.recv(1) == b""
            except BlockingIOError:
                pass
            except ConnectionError:
                refused += 1
    time.sleep(0.2)
    healthy(world)
    expect(refused == 200 - 64, f"{refused} were closed")
    return f"{refused} of 200 were closed at once; served once they are gone"


def paths_and_methods(world: World) -> str:
    end = b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    got = [status(ask(world.server.ops, first + end)) for first in
           (b"GET /", b"GET /../etc/passwd", b"GET /healthz/", b"GET http://other/metrics",
            b"DELETE /metrics", b"OPTIONS *", b"CONNECT a:1", b"BREW /healthz")]
    expect(got[:4] == ["404"] * 4, f"unknown paths: {got[:4]}")
    expect(set(got[4:]) <= {"405", "400"}, f"other methods: {got[4:]}")
    return "404, and 405 with what is allowed"


def bodies(world: World) -> str:
    got = [status(ask(world.server.ops, b"%b /healthz HTTP/1.1\r\nHost: a\r\n%b" % pair, 3))
           for pair in ((b"POST", b"Content-Length: 5\r\n\r\nhello"),
                        (b"GET", b"Content-Length: 1000000000000\r\n\r\nhello"),
                        (b"GET", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
                        (b"GET", b"Content-Length: -1\r\n\r\n"),
                        (b"GET", b"Content-Length: 1\r\nContent-Length: 2\r\n\r\na"))]
    expect(all(each in ("400", "405", "413") for each in got), f"answered with {got}")
    healthy(world)
    return "refused: " + ", ".join(got)


def not_http(world: World) -> str:
    got = [status(ask(world.server.ops, data, 12)) for data in
           (b"\x16\x03\x01\x02\x00\x01\x00", b"\0" * 100 + b"\r\n\r\n", b"hello\r\n\r\n",
            b"GET /healthz HTTP/9.9\r\n\r\n", b"GET /healthz HTTP/1.1\r\nno colon\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nA : b\r\n\r\n")]
    expect(set(got) <= {"400", "none"}, f"answered with {got}")
    healthy(world)
    return "400, or closed"


ROWS = [
    Row("header, 8 KiB", "9 KB; 10,000 lines; a target of 70 KB", header_size, False),
    Row("time of a header, 10 s", "one byte a second", slow_header, False),
    Row("idle time, 10 s", "one request, then nothing", silent, False),
    Row("paths and methods", "others than there are", paths_and_methods, False),
    Row("bodies", "there are none here", bodies, False),
    Row("HTTP itself", "what is none", not_http, False),
    Row("connections, 64", "200 at once", connections),
    Row("time of an answer, 10 s", "a client that never reads", never_reads),
]
