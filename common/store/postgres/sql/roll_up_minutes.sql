-- Adds up the minutes of hours that are complete, by the hour. An hour is complete when all
-- was counted that was recorded up to five minutes after it: no transaction takes longer.
WITH progress AS MATERIALIZED (
  SELECT hours_to, date_trunc('hour', complete_until - interval '5 minutes', 'UTC') AS until
  FROM stats_progress FOR UPDATE SKIP LOCKED
), summed AS (
  SELECT m.tenant_id, m.webhook_id, date_trunc('hour', m.at, 'UTC') AS hour, u.key,
         sum(u.n)::int8 AS n
  FROM progress
  CROSS JOIN LATERAL (
    SELECT * FROM stats_minutes m WHERE m.at >= progress.hours_to AND m.at < progress.until
  ) AS m
  CROSS JOIN LATERAL unnest(m.keys, m.counts) AS u(key, n)
  GROUP BY 1, 2, 3, 4
), written AS (
  INSERT INTO stats_hours (tenant_id, webhook_id, at, keys, counts)
  SELECT tenant_id, webhook_id, hour, array_agg(key), array_agg(n)
  FROM summed
  GROUP BY 1, 2, 3
)
UPDATE stats_progress p SET hours_to = progress.until
FROM progress WHERE progress.until > progress.hours_to;
