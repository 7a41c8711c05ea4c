"""Waiting for a condition, with a bound; what a failed test says."""

import time


class Failure(Exception):
    """What came out otherwise than it must; its text is for a person."""


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
