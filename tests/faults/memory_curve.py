"""The memory of a worker whose backlog is far larger than what it may hold.

    tests/faults/memory_curve.py --bin build/release/bin

500 events of 64 KiB for 40 webhooks are 20,000 deliveries, over a gigabyte of bodies. Half of
the endpoints answer after 0.9 s, as many as they are sent at once; the others hang. The worker
may hold 400 deliveries and 64 MiB. Prints its resident memory in each second, and fails where it
grows after the first third of the time, or is larger than what it may hold allows.
"""

import argparse
import asyncio
import base64
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bench"))
import postgres  # noqa: E402  pylint: disable=wrong-import-position
import processes  # noqa: E402  pylint: disable=wrong-import-position
from ports import free_port  # noqa: E402  pylint: disable=wrong-import-position

EVENTS = 500
WEBHOOKS = 40
OBJECT_BYTES = 64 * 1024
SECONDS = 45
MIB = 1 << 20
# What it may hold, all that it is with nothing in flight, and what the allocator keeps.
MOST = 64 * MIB + 60 * MIB + 64 * MIB
GROWTH = 1.10  # of the last third over the middle one


class Endpoints:
    """/slow/N answers 200 after 0.9 s; /hang/N never."""

    def __init__(self) -> None:
        self.answered = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        if not self._ready.wait(10):
            raise SystemExit("the endpoints did not start")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        listening = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=4 * MIB, backlog=1024))
        self.port = listening.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader, writer) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lower = head.lower()
                size = int(lower.partition(b"content-length: ")[2].split()[0])
                await reader.readexactly(size)
                await asyncio.sleep(3600 if b" /hang/" in head else 0.9)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
                self.answered += 1
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class Installation:
    """PostgreSQL, a server and a worker, in a folder that is thrown away."""

    def __init__(self, bin_folder: pathlib.Path, endpoints: Endpoints) -> None:
        self.bin = bin_folder
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="windrow-memory-"))
        self.folder.chmod(0o755)
        self.endpoints = endpoints
        self.server = f"127.0.0.1:{free_port()}"
        self.started: list[subprocess.Popen] = []
        self.postgres = postgres.Postgres(self.folder)
        ring = self.folder / "key_ring"
        ring.write_text("1:" + base64.b64encode(os.urandom(32)).decode() + "\n")
        self.environment = os.environ | {
            "WINDROW_DATABASE_URL": self.postgres.url,
            "WINDROW_KEY_RING_FILE": str(ring),
            "WINDROW_LISTEN": self.server,
            "WINDROW_OPS_LISTEN": "off",
            "WINDROW_ALLOW_HTTP": "true",
            "WINDROW_ALLOW_ADDRESSES": f"127.0.0.0/8:{endpoints.port}",
        }

    def __enter__(self) -> "Installation":
        return self

    def __exit__(self, *_) -> None:
        for process in reversed(self.started):
            process.kill()
            process.wait()
        self.postgres.stop()
        shutil.rmtree(self.folder)

    def start(self, program: str, *flags: str) -> subprocess.Popen:
        with (self.folder / f"{program}.log").open("wb") as log:
            # pylint: disable-next=consider-using-with
            process = subprocess.Popen([self.bin / program, *flags], stdout=log, stderr=log,
                                       env=self.environment)
        self.started.append(process)
        return process

    def call(self, *args: str, given: bytes = b"") -> None:
        done = subprocess.run([self.bin / "windrow", *args], input=given, check=False,
                              env=self.environment, capture_output=True, timeout=120)
        if done.returncode != 0:
            raise SystemExit(f"windrow {args[0]}: {done.stderr.decode()}")

    def await_server(self) -> None:
        host, port = self.server.split(":")
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection((host, int(port)), 1).close()
                return
            except OSError:
                if time.monotonic() > until:
                    raise SystemExit("the server does not answer") from None
                time.sleep(0.05)

    def fill(self) -> None:
        self.call("migrate")
        self.start("windrow-server")
        self.await_server()
        for number in range(WEBHOOKS):
            kind = "slow" if number % 2 else "hang"
            self.call("--server", self.server, "webhook", "create", "--name", f"w{number}",
                      "--url", f"http://127.0.0.1:{self.endpoints.port}/{kind}/{number}",
                      "--event", "ticket.created", "--payload", "full", "--timeout", "5s")
        lines = [json.dumps({"type": "ticket.created", "object_type": "ticket",
                             "object_id": str(n), "object": {"text": "x" * OBJECT_BYTES}})
                 for n in range(EVENTS)]
        self.call("--server", self.server, "event", "publish",
                  given="\n".join(lines).encode())

    def waiting(self) -> int:
        return int(self.postgres.query("SELECT count(*) FROM windows", "windrow")[0][0])


def curve(world: Installation, endpoints: Endpoints) -> list[int]:
    worker = world.start("windrow-worker", "--max-in-flight", "400", "--concurrency", "50",
                         "--max-bytes-in-flight", "64MiB")
    print("second  resident MiB  answered")
    sizes = []
    for second in range(SECONDS):
        time.sleep(1)
        if worker.poll() is not None:
            raise SystemExit(f"the worker ended with status {worker.returncode}")
        sizes.append(processes.resident_bytes(worker.pid))
        print(f"{second + 1:6}  {sizes[-1] / MIB:12.1f}  {endpoints.answered:8}", flush=True)
    return sizes


def judge(sizes: list[int], waiting: int) -> None:
    third = len(sizes) // 3
    middle = sum(sizes[third:2 * third]) / third
    last = sum(sizes[2 * third:]) / len(sizes[2 * third:])
    print(f"middle third {middle / MIB:.1f} MiB, last third {last / MIB:.1f} MiB, "
          f"most {max(sizes) / MIB:.1f} MiB; {waiting} deliveries wait")
    if waiting < 2_000:
        raise SystemExit("the backlog was gone before the end: it shows nothing")
    if last > middle * GROWTH:
        raise SystemExit("memory grows")
    if max(sizes) > MOST:
        raise SystemExit(f"more than {MOST / MIB:.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="folder of windrow, windrow-server and windrow-worker")
    arguments = parser.parse_args()
    endpoints = Endpoints()
    with Installation(arguments.bin.resolve(), endpoints) as world:
        world.fill()
        print(f"{world.waiting()} deliveries of {OBJECT_BYTES // 1024} KiB wait")
        sizes = curve(world, endpoints)
        judge(sizes, world.waiting())
    print("flat")


if __name__ == "__main__":
    main()
