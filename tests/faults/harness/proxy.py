"""A TCP proxy before PostgreSQL that can cut, stall and refuse connections, and lose the
answer to a COMMIT."""

import asyncio
import pathlib
import threading

COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"  # CommandComplete


class Proxy:
    """Programs connect with url(); no TLS, so that messages can be read. Its methods may be
    called from any thread, and have taken effect when they return."""

    def __init__(self, socket: pathlib.Path):
        self.port = 0
        self.lost_commits = 0
        self._socket = socket
        self._lose_commits = 0
        self._refusing = False
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._stop = asyncio.Event()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait(10)

    def url(self, database: str, role: str = "windrow") -> str:
        return (f"postgresql://{role}@127.0.0.1:{self.port}/{database}"
                "?sslmode=disable&gssencmode=disable")

    def lose_commit(self) -> None:
        """Cuts the next connection on which a COMMIT is answered, and the answer with it."""
        self._now(lambda: setattr(self, "_lose_commits", self._lose_commits + 1))

    def cut(self) -> None:
        """All connections, at once."""
        self._now(self._cut_all)

    def refuse(self) -> None:
        """Cuts all, and every one that comes, until accept()."""
        self._now(lambda: (setattr(self, "_refusing", True), self._cut_all()))

    def accept(self) -> None:
        self._now(lambda: setattr(self, "_refusing", False))

    def stall(self) -> None:
        """Keeps connections and what comes on them, and passes nothing on until flow()."""
        self._now(self._flowing.clear)

    def flow(self) -> None:
        self._now(self._flowing.set)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _now(self, action) -> None:
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (action(), done.set()))
        done.wait(10)

    def _run(self, started: threading.Event) -> None:
        self._loop.run_until_complete(self._serve(started))
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    async def _serve(self, started: threading.Event) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stop.wait()
        server.close()
        self._cut_all()

    def _cut_all(self) -> None:
        for pair in list(self._pairs):
            self._cut_pair(pair)

    def _cut_pair(self, pair) -> None:
        for writer in pair:
            writer.transport.abort()

    async def _connection(self, reader, writer) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            server_reader, server_writer = await asyncio.open_unix_connection(self._socket)
        except OSError:  # PostgreSQL is not there
            writer.transport.abort()
            return
        pair = (writer, server_writer)
        self._pairs.add(pair)
        ways = [asyncio.create_task(self._pass_on(reader, server_writer)),
                asyncio.create_task(self._pass_answers(server_reader, pair))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        self._cut_pair(pair)
        await asyncio.gather(*ways, return_exceptions=True)
        self._pairs.discard(pair)

    async def _pass_on(self, reader, writer) -> None:
        while data := await reader.read(1 << 16):
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()

    async def _pass_answers(self, reader, pair) -> None:
        """Message by message: a type, a length that counts itself, what it holds."""
        while True:
            head = await reader.readexactly(5)
            message = head + await reader.readexactly(int.from_bytes(head[1:], "big") - 4)
            await self._flowing.wait()
            if message == COMMITTED and self._lose_commits:
                self._lose_commits -= 1
                self.lost_commits += 1
                return
            pair[0].write(message)
            await pair[0].drain()
