"""An HTTP/1.1 server that answers each path in a wrong, slow or endless way of its own.

It speaks bytes, not HTTP: behaviours (hostile_behaviours.py) write what they like. It runs
on a thread of its own and keeps what it was sent, so that a test may compare bytes.
"""

import asyncio
import collections
import dataclasses
import ssl
import threading
import time
from collections.abc import Awaitable, Callable


@dataclasses.dataclass
class Request:
    at: float  # time.monotonic() when its last byte was read
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int  # counts from 1
    on_connection: int  # which request of its connection, from 1

    @property
    def webhook_id(self) -> str:
        return self.headers.get("webhook-id", "")


class Exchange:
    """One request, and what is written in answer to it."""

    def __init__(self, request: Request, same_before: int, writer: asyncio.StreamWriter):
        self.request = request
        self.same_before = same_before  # requests with the same webhook-id before this one
        self.writer = writer

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, status: str, *headers: str, body: bytes = b"") -> bool:
        lines = [f"HTTP/1.1 {status}", *headers]
        if not status.startswith(("204", "1")):
            lines.append(f"Content-Length: {len(body)}")
        await self.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        return True


# Writes an answer; true where the connection may serve another request.
Behaviour = Callable[[Exchange], Awaitable[bool]]


class HostileReceiver:
    """Ends with `with`. `listen` may be called for several ports, with TLS or without."""

    def __init__(self, behaviours: dict[str, Behaviour]):
        self._behaviours = behaviours
        self._requests: list[Request] = []
        self._seen: collections.Counter = collections.Counter()  # path, webhook-id
        self._connections = 0
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "HostileReceiver":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def listen(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None,
               port: int = 0) -> int:
        """Serves there as well; the port that was taken."""
        server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, host, port, ssl=tls, backlog=4096,
                                 limit=1 << 20), self._loop).result(10)
        self._servers.append(server)
        return server.sockets[0].getsockname()[1]

    def requests(self, path: str | None = None) -> list[Request]:
        with self._lock:
            return [r for r in self._requests if path is None or r.path == path]

    def forget(self) -> None:
        with self._lock:
            self._requests.clear()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda *_: None)  # half-closed TLS, above all
        self._loop.run_forever()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader,
                     writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        self._connections += 1
        connection, number = self._connections, 0
        try:
            while True:
                number += 1
                request = await _read_request(reader, connection, number)
                exchange = Exchange(request, self._record(request), writer)
                behaviour = self._behaviours[request.path.split("/")[1]]
                if not await behaviour(exchange):
                    return
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError,
                ssl.SSLError):
            pass  # the sender went away, as a rule because it had seen enough
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    def _record(self, request: Request) -> int:
        """How often the same came before."""
        with self._lock:
            self._requests.append(request)
            self._seen[request.path, request.webhook_id] += 1
            return self._seen[request.path, request.webhook_id] - 1


async def _read_request(reader: asyncio.StreamReader, connection: int,
                        number: int) -> Request:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(time.monotonic(), first.split(" ")[1], headers, body, connection, number)
