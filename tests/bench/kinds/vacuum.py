"""Full load, and how large the queue's tables and indexes are on disk meanwhile: they must be
bounded by what is pending, however long it goes on."""

import dataclasses
import time

import measure
import table
from installation import Installation

QUEUE = ("windows", "window_items")
EVERY_S = 3
# PostgreSQL looks for what is to be vacuumed once a minute (autovacuum_naptime): the first one
# has seen what piles up between two looks.
FIRST_S = 60
LEAST_S = 180
# What chance adds: when the look comes, and how long a vacuum takes on a busy machine.
SLACK = 2


@dataclasses.dataclass
class Sample:
    at_s: float          # since measuring began
    table_bytes: dict[str, int]
    index_bytes: dict[str, int]
    dead_rows: int       # as PostgreSQL's statistics have it
    pending: int         # windows
    autovacuums: int     # of the queue's tables, that have ended

    @property
    def bytes(self) -> int:
        return sum(self.table_bytes.values()) + sum(self.index_bytes.values())


class Curve:
    def __init__(self, seconds: float):
        self._seconds = seconds
        self.samples: list[Sample] = []

    def during(self, installation: Installation) -> None:
        begun = time.monotonic()
        every = min(EVERY_S, self._seconds / 20)
        while (at := time.monotonic() - begun) < self._seconds:
            installation.check_alive()
            self.samples.append(_sample(installation, at))
            time.sleep(max(0.0, every - (time.monotonic() - begun - at)))


def _sample(installation: Installation, at: float) -> Sample:
    tables = ", ".join(f"'{name}'::regclass" for name in QUEUE)

    def sizes(sql: str) -> dict[str, int]:
        return {name: int(size) for name, size in installation.postgres.query(sql, "windrow")}

    dead, pending, vacuums = map(int, installation.postgres.query(f"""
        SELECT coalesce(sum(n_dead_tup), 0), (SELECT count(*) FROM windows),
               coalesce(sum(autovacuum_count), 0)
        FROM pg_stat_user_tables WHERE relid IN ({tables})""", "windrow")[0])
    return Sample(
        round(at, 1),
        sizes(f"SELECT c.oid::regclass, pg_table_size(c.oid) FROM pg_class c "
              f"WHERE c.oid IN ({tables})"),
        sizes(f"SELECT indexrelid::regclass, pg_relation_size(indexrelid) FROM pg_index "
              f"WHERE indrelid IN ({tables})"),
        dead, pending, vacuums)


def judge(samples: list[Sample], seconds: float) -> dict:
    """The most that the queue had on disk in the first minute (or third, of a short run),
    what it may have after that, and what it had. More may be pending later, and then it may
    be larger by as much."""
    first_s = min(FIRST_S, seconds / 3)
    first = [each for each in samples if each.at_s <= first_s]
    after = [each for each in samples if each.at_s > first_s]
    first_pending = max(each.pending for each in first)
    after_pending = max(each.pending for each in after)
    first_bytes = max(each.bytes for each in first)
    growth = max(1.0, after_pending / max(first_pending, 1))
    return {"first_s": round(first_s, 1), "first_bytes": first_bytes,
            "first_pending": first_pending, "after_pending": after_pending,
            "bound_bytes": round(first_bytes * growth * SLACK),
            "after_bytes": max(each.bytes for each in after)}


def run(installation: Installation, options) -> dict:
    curve = Curve(options.seconds)
    result = measure.run(installation, options.seconds, options.warm_up, curve.during)
    found = judge(curve.samples, options.seconds)
    result["queue"] = found
    result["curve"] = [dataclasses.asdict(each) for each in curve.samples]
    if options.seconds < LEAST_S:
        result["problems"].append(f"less than {LEAST_S} s say nothing: between two vacuums "
                                  "the queue grows")
    elif found["after_bytes"] > found["bound_bytes"]:
        result["problems"].append(
            f"the queue grew to {found['after_bytes']:,} bytes on disk, after at most "
            f"{found['first_bytes']:,} in the first {found['first_s']:g} s: more than "
            f"{found['bound_bytes']:,}")
    return result


def text(found: dict) -> str:
    queue, last = found["queue"], found["curve"][-1]
    return (f"{table.load(found)}\n    the queue on disk, MiB: at most "
            f"{queue['first_bytes'] / 2**20:.1f} in the first {queue['first_s']:g} s, then "
            f"{queue['after_bytes'] / 2**20:.1f} of {queue['bound_bytes'] / 2**20:.1f} "
            f"allowed; pending at most {queue['first_pending']:,}, then "
            f"{queue['after_pending']:,}; {last['autovacuums']} vacuums; "
            f"{max(each['dead_rows'] for each in found['curve']):,} dead rows at most")
