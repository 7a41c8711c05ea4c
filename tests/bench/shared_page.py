"""The page of counters that publisher, sink and this program map (shared_page.h)."""

import mmap
import pathlib
import struct

SIZE = 192
OFFSETS = {"sent": 0, "acked": 8, "items": 64, "deliveries": 72,
           "measure_from": 128, "measure_until": 136, "away": 144}


class SharedPage:
    def __init__(self, path: pathlib.Path):
        path.write_bytes(bytes(SIZE))
        self.path = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SIZE)

    def __getitem__(self, name: str) -> int:
        return struct.unpack_from("<Q", self._map, OFFSETS[name])[0]

    def __setitem__(self, name: str, value: int) -> None:
        struct.pack_into("<Q", self._map, OFFSETS[name], value)
