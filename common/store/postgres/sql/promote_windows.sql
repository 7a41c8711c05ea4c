-- Of orders ($1 buckets, $2 webhooks, $3 keys, $4 tenants) in which something ended, whose
-- gates are held: makes the first window due where it is parked and none is leased.
-- Looked up by the key alone, as in finish_windows.sql.
WITH first AS MATERIALIZED (
  SELECT m.window_id, m.tenant_id
  FROM (SELECT DISTINCT * FROM unnest($1::int2[], $2::uuid[], $3::text[], $4::int4[])
          AS v(bucket, webhook_id, order_key, tenant_id)) AS k
  CROSS JOIN LATERAL (
    SELECT x.window_id, x.tenant_id, x.due_at FROM windows x
    WHERE x.tenant_id = k.tenant_id AND x.bucket = k.bucket
      AND x.webhook_id = k.webhook_id AND x.order_key = k.order_key
    ORDER BY x.order_number, x.window_id
    LIMIT 1
  ) AS m
  WHERE m.due_at = 'infinity' AND 0 = (
    SELECT count(*) FROM windows x
    WHERE x.tenant_id = k.tenant_id AND x.bucket = k.bucket
      AND x.webhook_id = k.webhook_id AND x.order_key = k.order_key
      AND x.lease_owner IS NOT NULL)
)
UPDATE windows w SET due_at = now(), timed = true
FROM first f
WHERE w.window_id = f.window_id AND w.tenant_id = ANY (ARRAY[f.tenant_id]);
