"""What a process that lives long holds, over time: memory, descriptors, connections."""

import dataclasses

import processes

# What the last quarter may have over the second, beyond noise: a share, and an amount.
MEMORY_SHARE, MEMORY_MIB = 1.10, 6.0
COUNT_SHARE, COUNT_MORE = 1.25, 8
FIGURES = ("MiB", "descriptors", "database", "endpoints")
MEMORY, DESCRIPTORS, DATABASE, ENDPOINTS = range(4)


@dataclasses.dataclass
class Sample:
    at: float  # seconds since the beginning
    values: tuple[float, int, int, int]


class Curve:
    """`program` is what its connections are called in pg_stat_activity: those of others with
    that name count as well, so that a leak of theirs shows too. `endpoints` is the port that
    all of them listen on.

    Connections to the endpoints come and go with the load: each burst opens as many as may be
    in flight, and they are kept for 90 s. So they are held to that number, `most_to_endpoints`,
    not to what there was before."""

    def __init__(self, name: str, process, program: str, endpoints: int, most_to_endpoints: int = 0):
        self.name = name
        self.most_to_endpoints = most_to_endpoints
        self.samples: list[Sample] = []
        self._process = process
        self._program = program
        self._endpoints = endpoints

    @property
    def last(self) -> str:
        if not self.samples:
            return "-"
        values = self.samples[-1].values
        return f"{values[MEMORY]:.1f} MiB {values[DESCRIPTORS]}+{values[ENDPOINTS]} descriptors"

    def sample(self, at: float, world) -> None:
        if not self._process.running:
            raise RuntimeError(f"{self.name} ended; see {self._process.log}")
        pid = self._process.pid
        descriptors, endpoints = processes.descriptors(pid, self._endpoints)
        self.samples.append(Sample(at, (processes.resident_bytes(pid) / (1 << 20), descriptors,
                                        self._connections(world), endpoints)))

    def _connections(self, world) -> int:
        """As before, where the database is away just now."""
        try:
            return int(world.query(f"""
                SELECT count(*) FROM pg_stat_activity
                WHERE application_name LIKE '{self._program}%'""")[0][0])
        except RuntimeError:
            return self.samples[-1].values[DATABASE] if self.samples else 0

    def highest(self, quarter: int) -> tuple[float, int, int, int]:
        """Of the samples of a quarter of all time, 1 to 4."""
        count = len(self.samples)
        part = self.samples[count * (quarter - 1) // 4:count * quarter // 4]
        return tuple(max(sample.values[i] for sample in part) for i in range(len(FIGURES)))

    def growth(self) -> list[str]:
        """The first quarter is warming up; the last must not be over the second."""
        early, late = self.highest(2), self.highest(4)
        problems = []
        for i in (MEMORY, DESCRIPTORS, DATABASE):
            share, more = (MEMORY_SHARE, MEMORY_MIB) if i == MEMORY else (COUNT_SHARE, COUNT_MORE)
            if late[i] > early[i] * share + more:
                problems.append(f"{FIGURES[i]} of the {self.name} grew from {early[i]:.1f} to "
                                f"{late[i]:.1f}")
        most = max(sample.values[ENDPOINTS] for sample in self.samples)
        if most > self.most_to_endpoints:
            problems.append(f"the {self.name} had {most} connections to endpoints, and may have "
                            f"{self.most_to_endpoints}")
        return problems

    def table(self) -> list[str]:
        """The highest of each figure in each quarter."""
        lines = [f"{self.name:<22} quarter 1  quarter 2  quarter 3  quarter 4"]
        for i, figure in enumerate(FIGURES):
            cells = "  ".join(f"{self.highest(quarter)[i]:>9.{1 if i == MEMORY else 0}f}"
                              for quarter in (1, 2, 3, 4))
            lines.append(f"  {figure:<20} {cells}")
        return lines
