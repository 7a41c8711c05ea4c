-- Adds up what the log of changes has behind the last place, at most $1 rows of it and as
-- far as every transaction has ended, by the minute: for each webhook, and (the zero id)
-- for each tenant. Answers how many rows it was. One process at a time.
--
-- Complete is the count up to a moment at which the snapshot's end was noted, once every
-- transaction that was open then has ended; or up to now, where none is open.
--
-- Most deliveries of a minute are alike, so those that are the same are counted before
-- anything is made of them.
--
-- Keys are kind * 2^24 + value (stats.cc): 1 the state of a delivery that ended, 2 how an
-- attempt ended, 3 and 4 the size of a request's time and of the time since publishing.
WITH progress AS MATERIALIZED (
  SELECT counted_to, pg_snapshot_xmin(pg_current_snapshot())::text::int8 AS xmin,
         pg_snapshot_xmax(pg_current_snapshot())::text::int8 AS xmax
  FROM stats_progress FOR UPDATE SKIP LOCKED
), batch AS MATERIALIZED (
  SELECT c.* FROM progress
  CROSS JOIN LATERAL (
    SELECT c.*, date_trunc('minute', c.changed_at, 'UTC') AS minute
    FROM delivery_changes c
    WHERE c.xact > progress.counted_to
      AND c.xact < progress.xmin
    ORDER BY c.xact
    FETCH FIRST ($1::int4) ROWS WITH TIES
  ) AS c
), flat AS (
  SELECT b.tenant_id, u.webhook_id, b.minute,
         CASE WHEN u.state >= 5 THEN 16777216 + u.state END AS ended,
         CASE WHEN u.duration_us IS NOT NULL
              THEN 2 * 16777216 + 8 * u.error + least(u.status_code / 100, 7) END AS attempt,
         CASE WHEN u.duration_us IS NOT NULL
              THEN 3 * 16777216 + floor(20 * log(greatest(u.duration_us, 1)::float8))::int4
              END AS request,
         CASE WHEN u.state = 5
              THEN 4 * 16777216 + floor(20 * log(greatest(1, extract(
                     epoch FROM b.changed_at - windrow_uuid_time(u.delivery_id)) * 1e6
                   )::float8))::int4 END AS delivered
  FROM batch b
  CROSS JOIN LATERAL unnest(b.delivery_ids, b.webhook_ids, b.states, b.durations_us,
                            b.status_codes, b.errors)
    AS u(delivery_id, webhook_id, state, duration_us, status_code, error)
), by_webhook AS MATERIALIZED (
  SELECT g.tenant_id, g.webhook_id, g.minute, k.key, sum(g.n)::int8 AS n
  FROM (
    SELECT f.tenant_id, f.webhook_id, f.minute, f.ended, f.attempt, f.request,
           f.delivered, count(*) AS n
    FROM flat f
    GROUP BY 1, 2, 3, 4, 5, 6, 7
  ) AS g
  CROSS JOIN LATERAL (VALUES (g.ended), (g.attempt), (g.request), (g.delivered)) AS k(key)
  WHERE k.key IS NOT NULL
  GROUP BY g.tenant_id, g.webhook_id, g.minute, k.key
), counted AS (
  SELECT * FROM by_webhook
  UNION ALL
  SELECT tenant_id, NULL, minute, key, sum(n)::int8 FROM by_webhook GROUP BY 1, 3, 4
), written AS (
  INSERT INTO stats_minutes (tenant_id, webhook_id, at, keys, counts)
  SELECT tenant_id, coalesce(webhook_id, '00000000-0000-0000-0000-000000000000'), minute,
         array_agg(key), array_agg(n)
  FROM counted
  GROUP BY 1, 2, 3
), moved AS (
  UPDATE stats_progress p
  -- A place ahead of this very transaction is of another database, before a restore. The
  -- snapshot cannot tell: it may be older than the row, which another has moved meanwhile.
  SET counted_to = coalesce((SELECT max(xact) FROM batch),
                            CASE WHEN p.counted_to > pg_current_xact_id()::text::int8
                                 THEN progress.xmin - 1 ELSE p.counted_to END),
      complete_until = CASE WHEN (SELECT count(*) FROM batch) >= $1::int4
                            THEN p.complete_until
                            WHEN progress.xmin = progress.xmax
                            THEN greatest(p.complete_until, now())
                            WHEN progress.xmin >= p.mark_xact
                            THEN greatest(p.complete_until, p.mark_at)
                            ELSE p.complete_until END,
      mark_xact = CASE WHEN progress.xmin >= p.mark_xact OR p.mark_xact > progress.xmax
                       THEN progress.xmax ELSE p.mark_xact END,
      mark_at = CASE WHEN progress.xmin >= p.mark_xact OR p.mark_xact > progress.xmax
                     THEN now() ELSE p.mark_at END
  FROM progress
)
SELECT count(*) FROM batch;
