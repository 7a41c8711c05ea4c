"""Past deliveries, many at once: copies of real ones, column by column, so that their shape
is the one that Windrow wrote.

What is not copied: attempts before the last one, event_keys, and delivery_changes, whose
rows stand for the moment in which they are written.
"""

import dataclasses

from installation import BenchError
from postgres import Postgres

DATABASE = "windrow"
CHUNK = 200_000
MOST_ITEMS = 10  # of a real delivery
BYTES = "bytes a row"

# Of each table, what is not as it is in the real row: its id, its times, its number, and the
# values that `Varied` gives. `c` is a copy, `d` the real delivery, `r` the real row: both
# are in small tables of their own, so that a copy costs no look-up.
_AGE = "windrow_uuid_time(d.delivery_id)"
_IDS = ("CASE WHEN d.item_count = 1 THEN ARRAY[c.escmsg_id] ELSE ARRAY("
        "SELECT c.escmsg_id + i - 1 FROM generate_subscripts(d.escmsg_ids, 1) i) END")
_OWN = {
    "deliveries": {"delivery_id": "c.delivery_id", "escmsg_ids": _IDS,
                   "finished_at": f"c.at + (r.finished_at - {_AGE})",
                   "started_at": f"c.at + (r.started_at - {_AGE})"},
    "delivery_bodies": {"delivery_id": "c.delivery_id"},
    "events": {"received_at": "c.at", "occurred_at": "c.at", "escmsg_id": "c.escmsg_id"},
}
# How a table's real row is found from its delivery.
_JOIN = {
    "deliveries": "r.tenant_id = d.tenant_id AND r.delivery_id = d.delivery_id",
    "delivery_bodies": "r.tenant_id = d.tenant_id AND r.delivery_id = d.delivery_id",
    "events": "r.tenant_id = d.tenant_id AND r.escmsg_id = d.escmsg_ids[1]",
}


@dataclasses.dataclass(frozen=True)
class Varied:
    """Values of copy number c.n, as SQL: by table and column. Null stays null."""
    columns: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    # The tables that are copied.
    tables: tuple[str, ...] = ("events", "deliveries", "delivery_bodies")


def insert(table: str, columns: list[str], varied: dict[str, str]) -> str:
    """Copies the rows of `table` that belong to the real deliveries named in copies."""
    own = _OWN[table]
    values = [own.get(column)
              or (f"CASE WHEN r.{column} IS NOT NULL THEN {varied[column]} END"
                  if column in varied else f"r.{column}")
              for column in columns]
    return (f"INSERT INTO {table} ({', '.join(columns)})\n"
            f"SELECT {', '.join(values)}\n"
            "FROM copies c JOIN bench_real d ON d.source = c.source\n"
            f"JOIN bench_{table} r ON r.source = c.source\nORDER BY c.n")


def differences(names: list[str], real: list[str], copies: list[str]) -> list[str]:
    """What is not alike in the shares of nulls, by column, and the bytes of a row: those may
    differ by the length of an id or a name."""
    return [f"{name} is {got}, expected {wanted}"
            for name, wanted, got in zip(names, real, copies, strict=True)
            if abs(float(got) - float(wanted)) > (20 if name == BYTES else 0)]


class History:
    """Copies of the deliveries that are there when this is made. `weights` says how many
    of 1,000 copies are of those of a group, where `group_sql` tells the group of delivery d."""

    def __init__(self, postgres: Postgres, days: int, varied: Varied,
                 group_sql: str = "''", weights: dict[str, int] | None = None):
        self._postgres = postgres
        self._days = days
        self._varied = varied
        self.copied = 0
        self._columns = {table: self._columns_of(table) for table in varied.tables}
        self._do(f"""
            CREATE TABLE bench_real AS
            SELECT row_number() OVER (ORDER BY d.delivery_id) - 1 AS source, d.*,
                   {group_sql} AS bench_group
            FROM deliveries d;
            ALTER TABLE bench_real ADD PRIMARY KEY (source)""")
        for table in varied.tables:
            self._do(f"CREATE TABLE bench_{table} AS SELECT d.source, r.* FROM bench_real d "
                     f"JOIN {table} r ON {_JOIN[table]}; ANALYZE bench_{table}")
        self.real = int(self._do("SELECT count(*) FROM bench_real")[0][0])
        self._slots(weights or {"": 1_000})
        # Days that are over have no partitions yet.
        self._do(f"SELECT windrow_make_partitions({self._first_day()}, {days})")

    def _first_day(self) -> str:
        return f"((now() AT TIME ZONE 'UTC')::date - {self._days - 1})"

    def _slots(self, weights: dict[str, int]) -> None:
        """The real delivery that each of 1,000 copies in a row is of."""
        groups = {row[0]: int(row[1]) for row in self._do(
            "SELECT bench_group, count(*) FROM bench_real GROUP BY 1")}
        if sum(weights.values()) != 1_000 or set(weights) != set(groups):
            raise BenchError(f"real deliveries are in the groups {sorted(groups)}, and wanted "
                             f"in {sorted(weights)}")
        self._do("CREATE TABLE bench_slots (slot int4 PRIMARY KEY, source int8)")
        first = 0
        for group, weight in weights.items():
            self._do(f"""
                INSERT INTO bench_slots
                SELECT {first} + i, (array_agg(source ORDER BY source))[1 + i % count(*)]
                FROM bench_real, generate_series(0, {weight - 1}) i
                WHERE bench_group = '{group}' GROUP BY i""")
            first += weight

    def grow_to(self, total: int) -> None:
        """Until there are so many copies. New ones are of all times of the days, in order."""
        first, before = self.copied, max(total - self.copied, 1)
        while self.copied < total:
            count = min(CHUNK, total - self.copied)
            self._grow(count, (self.copied - first) / before, count / before)
        self._do("VACUUM (ANALYZE) " + ", ".join(self._varied.tables))
        self._postgres.query("CHECKPOINT")

    def _grow(self, count: int, begin: float, share: float) -> None:
        """By copies of this share of the time, from `begin` on."""
        number = int(self._do("SELECT nextval('escmsg_ids')")[0][0])
        self._do(f"SELECT setval('escmsg_ids', {number + count * MOST_ITEMS})")
        inserts = ";\n".join(insert(table, self._columns[table],
                                    self._varied.columns.get(table, {}))
                             for table in self._varied.tables)
        self._do(f"""
            SET client_min_messages = warning; SET jit = off;
            DROP TABLE IF EXISTS copies;
            CREATE UNLOGGED TABLE copies AS
            WITH days AS MATERIALIZED (
              SELECT {self._first_day()}::timestamp AT TIME ZONE 'UTC' AS from_at
            ), span AS MATERIALIZED (
              -- Up to a moment ago: what comes next is later.
              SELECT from_at, (now() - from_at) * 0.999 AS length FROM days
            )
            SELECT n, source, at, windrow_uuid_at(at) AS delivery_id,
                   {number} + (n - {self.copied}) * {MOST_ITEMS} AS escmsg_id
            FROM (SELECT n, from_at + length * ({begin} + {share} * (n - {self.copied})
                                                / {count}.0) AS at,
                         -- 37 and 1,000 have no common divisor: slots come mixed.
                         (n * 37 % 1000)::int4 AS slot
                  FROM generate_series({self.copied}::int8, {self.copied + count - 1}) n, span) s
            JOIN bench_slots USING (slot)
            ORDER BY n;
            ANALYZE copies;
            {inserts}""")
        self.copied += count
        self._judge(count)

    def _judge(self, count: int) -> None:
        """Every column is null in as many copies as in the real rows that they are of, and
        the rows take as much room: of the last twentieth of `count` copies."""
        columns = self._columns["deliveries"]
        row = ", ".join(f"r.{column}" for column in columns)
        found = ", ".join([*(f"round(avg((r.{column} IS NULL)::int), 2)"
                             for column in columns),
                           f"round(avg(pg_column_size(ROW({row}))), -1)"])
        sample = f"c.n >= {self.copied} - greatest({count} / 20, 1000)"
        real = self._do(f"SELECT {found} FROM copies c JOIN bench_deliveries r USING (source) "
                        f"WHERE {sample}")[0]
        copies = self._do(f"SELECT {found} FROM copies c JOIN bench_real d USING (source) "
                          "JOIN deliveries r ON r.tenant_id = d.tenant_id "
                          f"AND r.delivery_id = c.delivery_id WHERE {sample}")[0]
        wrong = differences([*columns, BYTES], real, copies)
        if wrong:
            raise BenchError(f"copies are not as the real deliveries: {'; '.join(wrong)}")

    def _columns_of(self, table: str) -> list[str]:
        return [row[0] for row in self._do(
            f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass "
            "AND attnum > 0 AND NOT attisdropped ORDER BY attnum")]

    def _do(self, sql: str) -> list[list[str]]:
        return self._postgres.query(sql, DATABASE)
