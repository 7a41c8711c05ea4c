-- The place in the log of changes behind which everything is that will still be written;
-- the first place of what was written since $1, if any; and how long ago $1 is, in µs.
WITH first AS MATERIALIZED (
  SELECT c.changed_at FROM delivery_changes c
  WHERE c.changed_at >= $1::timestamptz
  ORDER BY c.changed_at LIMIT 1
)
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::int8 - 1,
       -- By time and by place the order may differ, by what a transaction takes.
       (SELECT min(c.xact) - 1 FROM delivery_changes c, first
        WHERE c.changed_at >= first.changed_at
          AND c.changed_at <= first.changed_at + interval '1 minute'),
       (extract(epoch FROM now() - $1::timestamptz) * 1e6)::int8;
