"""The page that counted_heap.cc counts in."""

import mmap
import pathlib
import struct

SIZE = 16
ALLOCATIONS, BYTES = 0, 8


class HeapPage:
    def __init__(self, path: pathlib.Path):
        path.write_bytes(bytes(SIZE))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SIZE)

    def _get(self, offset: int) -> int:
        return struct.unpack_from("<Q", self._map, offset)[0]

    @property
    def allocations(self) -> int:
        return self._get(ALLOCATIONS)

    @property
    def bytes(self) -> int:
        return self._get(BYTES)
