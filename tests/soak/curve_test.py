"""The curve itself: what grows is seen, and what comes and goes with the load is not."""

import os
import pathlib
import socket
import sys
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "bench"))

# pylint: disable=wrong-import-position
import processes  # noqa: E402
from curve import Curve, Sample  # noqa: E402


def growth(*quarters: tuple[float, int, int, int]) -> list[str]:
    """Of a process that held these in each quarter, all the time."""
    curve = Curve("worker", None, "windrow-worker", 0, 256)
    curve.samples = [Sample(at, values) for at, values in enumerate(quarters * 10)]
    curve.samples.sort(key=lambda sample: quarters.index(sample.values))
    return curve.growth()


class CurveTest(unittest.TestCase):
    """MiB, descriptors, connections to the database, connections to endpoints."""

    def test_what_is_flat(self):
        self.assertEqual(growth((20, 30, 9, 4), (25, 32, 8, 4), (26, 33, 9, 4), (27, 31, 8, 4)), [])

    def test_the_first_quarter_is_warming_up(self):
        self.assertEqual(growth((9, 9, 1, 0), (25, 32, 8, 1), (26, 33, 9, 2), (27, 31, 8, 3)), [])

    def test_memory_that_grows(self):
        self.assertRegex(growth((20, 30, 9, 4), (25, 30, 8, 4), (30, 30, 9, 4), (35, 30, 8, 4))[0],
                         "MiB of the worker grew from 25.0 to 35.0")

    def test_descriptors_that_are_not_closed(self):
        self.assertRegex(growth((20, 30, 9, 4), (20, 31, 9, 4), (20, 45, 9, 4), (20, 60, 9, 4))[0],
                         "descriptors of the worker grew")

    def test_connections_to_the_database_that_are_not_closed(self):
        self.assertRegex(growth((20, 30, 9, 4), (20, 31, 9, 4), (20, 32, 9, 4), (20, 33, 30, 4))[0],
                         "database of the worker grew")

    def test_a_burst_of_requests(self):
        self.assertEqual(growth((20, 30, 9, 4), (20, 31, 9, 4), (20, 32, 9, 256), (20, 33, 9, 256)),
                         [])

    def test_more_connections_than_the_limit(self):
        self.assertRegex(growth((20, 30, 9, 4), (20, 31, 9, 257), (20, 32, 9, 8), (20, 33, 9, 4))[0],
                         "257 connections to endpoints, and may have 256")

    def test_counts_connections_by_where_they_go(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = listener.getsockname()
            before = processes.descriptors(os.getpid(), address[1])
            sockets = [socket.create_connection(address) for _ in range(3)]
            after = processes.descriptors(os.getpid(), address[1])
            for each in sockets:
                each.close()
        self.assertEqual((before[0], 0, before[0], 3), before + after)


if __name__ == "__main__":
    unittest.main()
