"""Waiting for a condition, with a bound; free ports; what a failed test says."""

import socket
import time


class Failure(Exception):
    """What came out otherwise than it must; its text is for a person."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, complaint: str, seconds: float = 30, every: float = 0.02):
    """What `condition` gives once it is true; Failure where it is not in time."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > until:
            raise Failure(f"{complaint} (waited {seconds:g} s)")
        time.sleep(every)
    return value


def expect(condition, complaint: str) -> None:
    if not condition:
        raise Failure(complaint)
