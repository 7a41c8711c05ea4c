-- Counts requests of webhooks ($1, of tenants $4) that failed ($3), or forgets those
-- before a success ($2). Answers the webhooks whose rule says that they are to be disabled
-- now.
WITH v AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::boolean[], $3::int4[], $4::int4[])
    AS v(webhook_id, succeeded, failed, tenant_id)
), locked AS MATERIALIZED (
  -- In one order, so that two workers never wait for each other.
  SELECT h.webhook_id, h.tenant_id
  FROM v JOIN webhooks h ON h.webhook_id = v.webhook_id AND h.tenant_id = v.tenant_id
  ORDER BY h.webhook_id FOR NO KEY UPDATE OF h
), counted AS (
  UPDATE webhooks h
  SET failing_since = CASE WHEN NOT v.succeeded THEN coalesce(h.failing_since, now()) END,
      failures = CASE WHEN v.succeeded THEN 0 ELSE h.failures + v.failed END
  FROM v JOIN locked USING (webhook_id, tenant_id)
  WHERE h.webhook_id = v.webhook_id AND h.tenant_id = v.tenant_id
  RETURNING h.*
)
SELECT webhook_id, tenant_id, failing_since, failures,
       disable_failures > 0 AND failures >= disable_failures
FROM counted
WHERE enabled AND deleted_at IS NULL
  AND (disable_failures > 0 AND failures >= disable_failures
       OR disable_after_ms > 0
          AND now() - failing_since >= disable_after_ms * interval '1 millisecond');
