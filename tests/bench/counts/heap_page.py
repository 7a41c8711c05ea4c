"""The page that counted_heap.cc counts in."""

import mmap
import pathlib
import struct

SIZE = 32
ALLOCATIONS, BYTES, PROFILES_ASKED, PROFILES_WRITTEN = 0, 8, 16, 24


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

    def ask_for_profile(self) -> int:
        """Of a program under callgrind: of what it executed since the last one. Answers
        its number, from 1 on."""
        number = self._get(PROFILES_ASKED) + 1
        struct.pack_into("<Q", self._map, PROFILES_ASKED, number)
        return number

    def is_written(self, number: int) -> bool:
        return self._get(PROFILES_WRITTEN) >= number
