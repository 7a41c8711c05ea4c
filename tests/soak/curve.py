"""What a process that lives long holds, over time: memory, descriptors, connections."""

import dataclasses
import os

import processes

# What the last quarter may have over the second, beyond noise: a share, and an amount.
MEMORY_SHARE, MEMORY_MIB = 1.10, 6.0
COUNT_SHARE, COUNT_MORE = 1.25, 8
FIGURES = ("MiB", "descriptors", "connections")


@dataclasses.dataclass
class Sample:
    at: float  # seconds since the beginning
    values: tuple[float, int, int]


class Curve:
    """`program` is what its connections are called in pg_stat_activity: those of others with
    that name count as well, so that a leak of theirs shows too."""

    def __init__(self, name: str, process, program: str):
        self.name = name
        self.samples: list[Sample] = []
        self._process = process
        self._program = program

    @property
    def last(self) -> str:
        return f"{self.samples[-1].values[0]:.1f} MiB" if self.samples else "-"

    def sample(self, at: float, world) -> None:
        if not self._process.running:
            raise RuntimeError(f"{self.name} ended; see {self._process.log}")
        descriptors = len(os.listdir(f"/proc/{self._process.pid}/fd"))
        self.samples.append(Sample(at, (processes.resident_bytes(self._process.pid) / (1 << 20), descriptors,
                                        self._connections(world))))

    def _connections(self, world) -> int:
        """As before, where the database is away just now."""
        try:
            return int(world.query(f"""
                SELECT count(*) FROM pg_stat_activity
                WHERE application_name LIKE '{self._program}%'""")[0][0])
        except RuntimeError:
            return self.samples[-1].values[2] if self.samples else 0

    def highest(self, quarter: int) -> tuple[float, int, int]:
        """Of the samples of a quarter of all time, 1 to 4."""
        count = len(self.samples)
        part = self.samples[count * (quarter - 1) // 4:count * quarter // 4]
        return tuple(max(sample.values[i] for sample in part) for i in range(len(FIGURES)))

    def growth(self) -> list[str]:
        """The first quarter is warming up; the last must not be over the second."""
        early, late = self.highest(2), self.highest(4)
        problems = []
        for i, figure in enumerate(FIGURES):
            share, more = (MEMORY_SHARE, MEMORY_MIB) if i == 0 else (COUNT_SHARE, COUNT_MORE)
            if late[i] > early[i] * share + more:
                problems.append(f"{figure} of the {self.name} grew from {early[i]:.1f} to "
                                f"{late[i]:.1f}")
        return problems

    def table(self) -> list[str]:
        """The highest of each figure in each quarter."""
        lines = [f"{self.name:<22} quarter 1  quarter 2  quarter 3  quarter 4"]
        for i, figure in enumerate(FIGURES):
            cells = "  ".join(f"{self.highest(quarter)[i]:>9.{1 if i == 0 else 0}f}"
                              for quarter in (1, 2, 3, 4))
            lines.append(f"  {figure:<20} {cells}")
        return lines
