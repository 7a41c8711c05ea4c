#!/usr/bin/env python3
"""Crosses each limit of a real windrow-server, on gRPC and on HTTP, and says what came of it.

    limits.py --bin FOLDER [--only TEXT]…

What can only be waited for runs beside the rest. Exit status: 0 every limit held, 1 one
did not, 2 wrong usage.
"""

import argparse
import concurrent.futures
import pathlib
import signal
import sys
import time
import traceback

import grpc_limits
import http2_floods
import ops_limits
from grpc_limits import Crossed, Row, World
from installation import Installation

from columns import columns  # of tests/bench, which installation finds

PORTS = {"gRPC": grpc_limits.ROWS, "HTTP/2": http2_floods.ROWS, "ops": ops_limits.ROWS}
# The least that may be set, so that a test can wait for it.
STRICT = ["--max-connection-idle", "10s", "--max-connection-age", "1m", "--pool-size", "2"]


def run(port: str, row: Row, world: World) -> tuple[str, Row, str, float, bool]:
    begun = time.monotonic()
    try:
        text, held = row.run(world), True
    except Crossed as error:
        text, held = str(error), False
    except Exception:  # pylint: disable=broad-exception-caught
        text, held = traceback.format_exc(), False
    took = time.monotonic() - begun
    print(f"{'ok' if held else 'FAILED':<6} {port}: {row.limit} ({took:.1f} s)", flush=True)
    return port, row, text, took, held


def run_all(world: World, wanted: list[tuple[str, Row]]) -> list:
    beside = [(port, row) for port, row in wanted if not row.alone]
    with concurrent.futures.ThreadPoolExecutor(len(beside) or 1) as pool:
        waiting = [pool.submit(run, port, row, world) for port, row in beside]
        # Those that measure come one by one once the short ones are over.
        concurrent.futures.wait(waiting, timeout=25)
        results = [run(port, row, world) for port, row in wanted if row.alone]
        results += [each.result() for each in waiting]
    order = {id(row): place for place, (_, row) in enumerate(wanted)}
    return sorted(results, key=lambda result: order[id(result[1])])


def table(results: list) -> str:
    rows = [("port", "limit", "crossed by", "what came of it", "seconds", "result")]
    rows += [(port, row.limit, row.crossed_by, text.strip().splitlines()[-1], f"{took:.1f}",
              "ok" if held else "FAILED") for port, row, text, took, held in results]
    return columns(rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="limits.py")
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="the folder with the programs of a build")
    parser.add_argument("--only", action="append", metavar="TEXT",
                        help="rows whose limit has this in it")
    options = parser.parse_args()
    wanted = [(port, row) for port, rows in PORTS.items() for row in rows
              if not options.only or any(text in row.limit for text in options.only)]
    if not wanted:
        parser.error("no such limit")
    # Whoever ends this program ends the processes that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with Installation(options.bin.resolve()) as installation:
        world = World(installation, installation.start(), installation.start(*STRICT))
        results = run_all(world, wanted)
        ended = [server for server in installation.servers
                 if server.process.poll() is not None]
    for _, row, text, _, held in results:
        if not held:
            print(f"\n{row.limit}:\n{text}")
    print(table(results))
    if ended:
        print("a server has ended")
    return 0 if all(result[4] for result in results) and not ended else 1


if __name__ == "__main__":
    sys.exit(main())
