"""What each statement costs PostgreSQL in CPU, from the log of `log_statement_stats`: what
getrusage says of each message (parse, bind, execute) of each backend. Waiting for the disk
or a lock is not in it."""

import dataclasses
import pathlib
import re
import time

SQL = (pathlib.Path(__file__).resolve().parents[2] / "common" / "store" / "postgres" / "sql")

# Whose statements they are. One that several use falls to the one that its transaction's
# other statements name.
STATEMENTS = {
    "store": ["append_items", "find_event_keys", "insert_event_keys", "insert_events",
              "insert_windows", "lock_config_shared", "notify_due", "open_windows",
              "start_publish", "load_key_fields"],
    "claim": ["await_gates", "charge_gates", "claim_gated_windows", "claim_windows",
              "count_leases", "find_due", "find_webhook_tenants", "load_events",
              "load_item_heads",
              "load_last_attempts", "load_webhook", "load_webhook_version",
              "load_window_items", "lock_gates", "read_heads", "release_windows",
              "save_gate", "scan_buckets"],
    "record": ["count_failures", "end_ordering", "finish_windows", "insert_late_attempts",
               "promote_windows", "retry_windows"],
    "maintenance": ["claim_operation", "day_in_use", "drop_changes", "erase_answers",
                    "erase_audit_entries", "erase_tenant_bodies", "erase_tenant_events",
                    "erase_tenant_records", "find_types", "forget_operations", "last_change",
                    "list_history_days", "list_notices", "load_api_keys",
                    "lock_retention", "make_partitions", "mark_api_keys_used",
                    "raise_floors", "read_access_version", "read_changes", "read_floors",
                    "read_stats_progress", "register_worker", "renew_leases",
                    "roll_up_changes", "roll_up_minutes", "takes_writes"],
}
OTHERS = "other statements"
_STAGE = {name: stage for stage, names in STATEMENTS.items() for name in names}
# Of a transaction, whosever it is.
_FRAME = ("BEGIN", "COMMIT", "ROLLBACK")


@dataclasses.dataclass
class Cost:
    calls: int = 0
    cpu_s: float = 0


def _one_line(sql: str) -> str:
    return " ".join(line.strip() for line in sql.splitlines()).strip()


class Names:
    """Statements by their text."""

    def __init__(self, folder: pathlib.Path = SQL):
        self._files = {_one_line(path.read_text(encoding="utf-8")): path.stem
                       for path in folder.glob("*.sql")}

    def of(self, sql: str) -> str:
        """The file of sql/ that it is from; else how it begins."""
        text = _one_line(sql)
        name = self._files.get(text)
        if name is None:
            begin = re.match(r"[A-Za-z]+", text)
            name = begin[0].upper() if begin else text[:40]
        return name


@dataclasses.dataclass
class _Entry:
    pid: int
    kind: str = ""  # EXECUTE, BIND, PARSE, QUERY
    cpu_s: float = 0
    sql: str = ""


def entries(log: str) -> list[_Entry]:
    """The statistics in a log with the prefix `%p `."""
    found: list[_Entry] = []
    entry: _Entry | None = None
    part = ""
    for line in log.splitlines():
        head = re.match(r"(\d+) ([A-Z]+):  (.*)$", line)
        if head:
            part, text = head[2], head[3]
            if part == "LOG":
                title = re.match(r"(?:(\w+) MESSAGE|(QUERY)) STATISTICS$", text)
                entry = _Entry(int(head[1]), title[1] or title[2]) if title else None
                if entry:
                    found.append(entry)
            elif part == "STATEMENT" and entry:
                entry.sql = text
        elif entry and part == "DETAIL":
            used = re.match(r"\t!\t([\d.]+) s user, ([\d.]+) s system,", line)
            if used:
                entry.cpu_s = float(used[1]) + float(used[2])
        elif entry and part == "STATEMENT":
            entry.sql += "\n" + line
    return found


def costs(log: str, names: Names) -> dict[str, dict[str, Cost]]:
    """By stage and statement. BEGIN and COMMIT fall to the stage of what is between."""
    found: dict[str, dict[str, Cost]] = {}
    open_frames: dict[int, list[tuple[str, _Entry]]] = {}
    last: dict[int, str] = {}

    def add(stage: str, name: str, entry: _Entry) -> None:
        cost = found.setdefault(stage, {}).setdefault(name, Cost())
        cost.calls += entry.kind in ("EXECUTE", "QUERY")
        cost.cpu_s += entry.cpu_s

    for entry in entries(log):
        name = names.of(entry.sql)
        if name == "BEGIN":
            open_frames.setdefault(entry.pid, []).append((name, entry))
        elif name in _FRAME:
            add(last.get(entry.pid, OTHERS), name, entry)
        else:
            stage = last[entry.pid] = _STAGE.get(name, OTHERS)
            for waiting in open_frames.pop(entry.pid, []):
                add(stage, *waiting)
            add(stage, name, entry)
    for waiting_all in open_frames.values():
        for waiting in waiting_all:
            add(OTHERS, *waiting)
    return found


class Log:
    """Switches the statistics on and off, and reads what came meanwhile."""

    _SETTINGS = {"log_statement_stats": "on", "log_line_prefix": "'%p '"}

    def __init__(self, postgres):
        self._postgres = postgres
        self._from = 0

    def start(self) -> None:
        for name, value in self._SETTINGS.items():
            self._postgres.query(f"ALTER SYSTEM SET {name} = {value}")
        self._reload("on")
        self._from = self._postgres.log.stat().st_size

    def stop(self) -> str:
        with self._postgres.log.open("rb") as log:
            log.seek(self._from)
            text = log.read().decode("utf-8", "replace")
        for name in self._SETTINGS:
            self._postgres.query(f"ALTER SYSTEM RESET {name}")
        self._reload("off")
        return text

    def _reload(self, wanted: str) -> None:
        self._postgres.query("SELECT pg_reload_conf()")
        until = time.monotonic() + 5
        while self._postgres.query("SHOW log_statement_stats") != [[wanted]]:
            if time.monotonic() > until:
                raise RuntimeError("PostgreSQL does not take log_statement_stats")
            time.sleep(0.05)
