"""The limits of limits.tsv, and what is above them."""

import dataclasses
import math
import pathlib

FILE = pathlib.Path(__file__).resolve().parent / "limits.tsv"
FIGURES = ("statements", "commits", "wal_bytes", "allocations", "heap_bytes",
           "instructions")
# A new limit is so much above what was counted: more than runs differ, less than a
# statement, an allocation or a copy more.
MARGIN = {"statements": 0.05, "commits": 0.05, "wal_bytes": 0.05, "allocations": 0.05,
          "heap_bytes": 0.10, "instructions": 0.02}
# One allocation an event more must show. How many claims ten webhooks take depends on which of them the worker hears of first; of
# 500 deliveries some may want a claim or a record more.
MARGINS_APART = {("unbatched", "publish", "allocations"): 0.02,
                 ("unbatched", "deliver", "statements"): 0.25,
                 ("unbatched", "deliver", "commits"): 0.25,
                 ("fanout10", "deliver", "statements"): 1.0,
                 ("fanout10", "deliver", "commits"): 0.8}
# Further below its limit than this, a figure could grow unseen.
LOOSE = 0.25

Key = tuple[str, str, str]  # case, phase, figure


class LimitsError(Exception):
    """What is wrong with the file; its text is for a person."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    key: Key
    value: float
    limit: float | None

    @property
    def failed(self) -> bool:
        return self.limit is None or self.value > self.limit

    @property
    def word(self) -> str:
        if self.limit is None:
            return "NO LIMIT"
        if self.failed:
            return f"GREW {self.value / self.limit - 1:+.1%}" if self.limit else "GREW"
        if self.value < self.limit * (1 - LOOSE) and self.key not in MARGINS_APART:
            return "loose"
        return "ok"


def parse(text: str) -> dict[Key, float]:
    limits: dict[Key, float] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 4:
            raise LimitsError(f"line {number} has {len(fields)} fields, not 4")
        case, phase, figure, limit = fields
        if figure not in FIGURES:
            raise LimitsError(f"line {number}: no figure '{figure}'")
        key = (case, phase, figure)
        if key in limits:
            raise LimitsError(f"line {number}: {' '.join(key)} has a limit already")
        try:
            limits[key] = float(limit)
        except ValueError:
            raise LimitsError(f"line {number}: '{limit}' is no number") from None
        if not math.isfinite(limits[key]) or limits[key] < 0:
            raise LimitsError(f"line {number}: '{limit}' is no limit")
    return limits


def flat(results: list[dict]) -> dict[Key, float]:
    return {(result["case"], phase, figure): value
            for result in results for phase, figures in result["figures"].items()
            for figure, value in figures.items()}


def judge(results: list[dict], limits: dict[Key, float]) -> list[Verdict]:
    return [Verdict(key, value, limits.get(key)) for key, value in flat(results).items()]


def unused(limits: dict[Key, float], found: dict[Key, float], chosen: set[str],
           known: set[str]) -> list[Key]:
    """Limits that hold for nothing: of chosen cases what was not counted, and of cases
    that there are not."""
    return [key for key in limits
            if key[0] not in known or (key[0] in chosen and key not in found)]


def number(value: float) -> str:
    """Four digits that count, and whole numbers above them."""
    if value >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def above(key: Key, value: float) -> float:
    """The limit that goes with what was counted: three digits, rounded up."""
    wanted = value * (1 + MARGINS_APART.get(key, MARGIN[key[2]]))
    if wanted == 0:
        return 0
    unit = 10.0 ** (math.floor(math.log10(wanted)) - 2)
    return round(math.ceil(wanted / unit - 1e-9) * unit, 10)


def all_above(results: list[dict]) -> dict[Key, float]:
    return {key: above(key, value) for key, value in flat(results).items()}


def text(before: str, limits: dict[Key, float]) -> str:
    """The file: its comment, as it was, and these limits."""
    comment = [line for line in before.splitlines() if line.startswith("#")]
    rows = ["\t".join((*key, f"{limit:.10g}")) for key, limit in limits.items()]
    return "\n".join(comment + rows) + "\n"


def complaint(verdict: Verdict) -> str:
    case, phase, figure = verdict.key
    unit = {"publish": " by event published", "deliver": " by item delivered"}.get(phase, "")
    what = case if unit else f"{case} of {phase}"
    said = f"{what}: {number(verdict.value)} {figure.replace('_', ' ')}{unit}"
    if verdict.limit is None:
        return f"{said}, and limits.tsv has no limit for it"
    more = verdict.value - verdict.limit
    return (f"{said}: {number(more)} more than the limit of {number(verdict.limit)}"
            + (f" ({more / verdict.limit:.1%})" if verdict.limit else ""))
