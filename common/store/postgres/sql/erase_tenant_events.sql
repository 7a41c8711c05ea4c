-- Erases a tenant's ($1) events before $2, at most $3, but none that is as new as its
-- oldest unfinished delivery. Answers how many.
WITH old AS MATERIALIZED (
  SELECT e.received_at, e.escmsg_id FROM events e
  WHERE e.tenant_id = $1::int4
    AND e.received_at < least($2::timestamptz,
                              (SELECT windrow_uuid_time(w.window_id) - interval '1 hour'
                               FROM windows w WHERE w.tenant_id = $1::int4
                               ORDER BY w.window_id LIMIT 1))
  ORDER BY e.received_at, e.escmsg_id
  LIMIT $3::int4
), gone AS (
  DELETE FROM events e USING old o
  WHERE e.tenant_id = $1::int4 AND e.received_at = o.received_at
    AND e.escmsg_id = o.escmsg_id
)
SELECT count(*) FROM old;
