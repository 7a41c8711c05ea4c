-- A tenant's ($1) changes behind place $2, out of the next $3 rows of the log as far as
-- every transaction has ended. The first row is about them all: the last place, how many
-- rows of the log there were, and up to where the log is gone.
WITH batch AS MATERIALIZED (
  SELECT c.xact, c.changed_at, c.tenant_id, c.delivery_ids FROM delivery_changes c
  WHERE c.xact > $2::int8 AND c.xact < pg_snapshot_xmin(pg_current_snapshot())::text::int8
  ORDER BY c.xact
  FETCH FIRST ($3::int4) ROWS WITH TIES
)
(SELECT (SELECT max(xact) FROM batch), NULL::timestamptz, NULL::uuid,
        (SELECT count(*) FROM batch), p.dropped_to
 FROM stats_progress p)
UNION ALL
(SELECT max(b.xact), max(b.changed_at), u.delivery_id, NULL::int8, NULL::int8
 FROM batch b
 CROSS JOIN LATERAL unnest(b.delivery_ids) AS u(delivery_id)
 WHERE b.tenant_id = $1::int4
 GROUP BY u.delivery_id
 ORDER BY 1, 2);
