"""An HTTP endpoint with a ledger: what came, and what was answered."""

import asyncio
import dataclasses
import datetime
import functools
import json
import re
import threading
import time
from typing import Callable

from standardwebhooks.webhooks import Webhook

# Its envelope begins each item, in this order.
ITEM = re.compile(rb'"notification_id":(\d+),"escmsg_id":(\d+)')
MOST_SECONDS_OFF = 300  # as Standard Webhooks has it


@dataclasses.dataclass
class Answer:
    status: int = 200
    after: float = 0            # seconds
    when: asyncio.Event | None = None  # not before this is set


@dataclasses.dataclass
class Request:
    """What it says beyond the ids is looked at when it is asked for, when all is over: the
    endpoint must not be what is slow."""
    path: str                   # "/plain": which webhook, as the test named it
    delivery_id: str            # webhook-id
    items: list[tuple[int, int]]  # escmsg_id, notification_id
    headers: dict[str, str]     # names in lower case
    body: bytes
    at: float                   # time.monotonic(), when it was whole
    came: float                 # time.time(), likewise
    tries: int                  # of this delivery with this one
    secrets: list[str]          # what its path had then, and got later
    answered: int | None = None  # the status, once it was written

    @property
    def accepted(self) -> bool:
        return self.answered is not None and 200 <= self.answered < 300

    @property
    def signed_at(self) -> int:
        """By the sender, in whole seconds of Unix time, rounded down."""
        return int(self.headers["webhook-timestamp"])

    @functools.cached_property
    def parsed(self) -> list[dict]:
        parsed = json.loads(self.body)
        return parsed if isinstance(parsed, list) else [parsed]

    @property
    def item_ids(self) -> list[str]:
        return [item["id"] for item in self.parsed]

    @property
    def keys(self) -> set[tuple[str, ...]]:
        """Of the items: one where all are of one payload."""
        return {tuple(item) for item in self.parsed}

    @functools.cached_property
    def verified(self) -> list[str]:
        """The secrets of its path that its signature is right for."""
        return [secret for secret in self.secrets
                if verifies(secret, self.headers, self.body, self.came)]


class Receiver:
    """Answers 200 where `answers[path]`, a function of the request, says nothing else. May
    be read from any thread; `requests` only grows."""

    def __init__(self):
        self.requests: list[Request] = []
        self.answers: dict[str, Callable[[Request], Answer]] = {}
        self.secrets: dict[str, list[str]] = {}
        self.port = 0
        self.connections = 0
        self._tries: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait(10)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def of(self, path: str) -> list[Request]:
        return [request for request in list(self.requests) if request.path == path]

    def gate(self) -> asyncio.Event:
        """For Answer.when; open it with open()."""
        return asyncio.Event()

    def open(self, gate: asyncio.Event) -> None:
        self._loop.call_soon_threadsafe(gate.set)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self, started: threading.Event) -> None:
        self._loop.run_until_complete(self._serve(started))
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    async def _serve(self, started: threading.Event) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=1000)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stop.wait()
        server.close()

    async def _connection(self, reader, writer) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self._exchange(head.decode("latin-1"), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.connections -= 1
            writer.close()

    async def _exchange(self, head: str, reader, writer) -> None:
        first, *lines = head.strip().split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        request = self._enter(first.split(" ")[1], headers, body)
        decide = self.answers.get(request.path)
        answer = (decide and decide(request)) or Answer()
        if answer.after:
            await asyncio.sleep(answer.after)
        if answer.when is not None:
            await answer.when.wait()
        if reader.at_eof():  # the sender has gone: nothing is answered
            raise ConnectionResetError
        writer.write(f"HTTP/1.1 {answer.status} X\r\ncontent-length: 2\r\n\r\nok".encode())
        # Before it is written out: what the sender has seen must be in the ledger.
        request.answered = answer.status
        await writer.drain()

    def _enter(self, target: str, headers: dict[str, str], body: bytes) -> Request:
        path = target.partition("?")[0]
        delivery_id = headers.get("webhook-id", "")
        self._tries[delivery_id] = self._tries.get(delivery_id, 0) + 1
        request = Request(
            path=path, delivery_id=delivery_id, headers=headers, body=body,
            items=[(int(escmsg_id), int(notification_id))
                   for notification_id, escmsg_id in ITEM.findall(body)],
            at=time.monotonic(), came=time.time(), tries=self._tries[delivery_id],
            secrets=self.secrets.setdefault(path, []))
        self.requests.append(request)
        return request


def verifies(secret: str, headers: dict[str, str], body: bytes, came: float) -> bool:
    """As the library's verify(), but for the time: it is that of then, and not of now."""
    try:
        signed = datetime.datetime.fromtimestamp(int(headers["webhook-timestamp"]),
                                                 tz=datetime.timezone.utc)
        expected = Webhook(secret).sign(headers["webhook-id"], signed, body.decode())
    except (KeyError, ValueError):
        return False
    return (abs(came - signed.timestamp()) <= MOST_SECONDS_OFF
            and expected in headers["webhook-signature"].split())
