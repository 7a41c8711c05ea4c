"""What the bench shows to a person: a row a run, and what several runs come to."""

import statistics

# Key of a result, title, width, how it is written.
COLUMNS = [
    ("scenario", "scenario", -22, "s"),
    ("deliveries_per_s", "deliv/s", 8, ",.0f"),
    ("events_per_s", "events/s", 8, ",.0f"),
    ("p50_ms", "p50 ms", 8, ".2f"),
    ("p95_ms", "p95 ms", 8, ".2f"),
    ("p99_ms", "p99 ms", 8, ".2f"),
    ("commit_ms", "commit", 6, ".2f"),
    ("statements_per_event", "stmt/ev", 7, ".4f"),
    ("commits_per_delivery", "comm/del", 8, ".4f"),
    ("wal_bytes_per_event", "WAL B/ev", 8, ",.0f"),
    ("cpu_s_per_1000", "cpu s/1k", 8, ".4f"),
    ("lost", "lost", 6, ",d"),
    ("duplicated", "twice", 6, ",d"),
]

# Of a summary: the figures that runs differ in.
SUMMARY = COLUMNS[1:11]


def _cell(text: str, width: int) -> str:
    return text.ljust(-width) if width < 0 else text.rjust(width)


def title() -> str:
    return " ".join(_cell(title, width) for _, title, width, _ in COLUMNS)


def row(result: dict) -> str:
    return " ".join(_cell(format(result[key], form), width)
                    for key, _, width, form in COLUMNS)


def load(result: dict) -> str:
    """What a run of plain load comes to."""
    return f"{row(result)}\n{details(result)}"


def details(result: dict) -> str:
    cpu = [f"{name} {each['cpu_us_per_item']:.1f}"
           for name, each in result["processes"].items()]
    memory = [f"{name} {each['peak_rss_bytes'] / 2**20:.0f}"
              for name, each in result["processes"].items()
              if name == "server" or name.startswith("worker")]
    return (f"    CPU µs an item: {', '.join(cpu)}; idle {result['idle_cpu_share']:.0%}, "
            f"others {result['others_cpu_share']:.0%}; peak MiB: {', '.join(memory)}; "
            f"{result['verified']:,} of {result['published']:,} items verified")


def summary(results: list[dict]) -> str:
    """Least, median and most of each figure, for scenarios that counted more than once."""
    runs: dict[str, list[dict]] = {}
    for result in results:
        # Other kinds have figures of their own.
        if not result["problems"] and all(key in result for key, _, _, _ in SUMMARY):
            runs.setdefault(result["scenario"], []).append(result)
    lines = []
    for name, group in runs.items():
        if len(group) > 1:
            lines.append(f"{name}, {len(group)} runs: least / median / most")
            lines += [f"  {key:<22}{spread(group, key, form)}"
                      for key, _, _, form in SUMMARY]
    return "\n".join(lines)


def spread(group: list[dict], key: str, form: str) -> str:
    values = [result[key] for result in group]
    return " / ".join(format(value, form) for value in
                      (min(values), statistics.median(values), max(values)))
