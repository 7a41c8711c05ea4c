-- Gives a webhook ($1, of tenant $6) its gate with the limits $2 and $3, whether it has
-- one now ($4), and its ordering ($5). Locks the gate.
WITH gate AS (
  INSERT INTO gates (webhook_id, tenant_id, requests_per_second, max_concurrent)
  VALUES ($1::uuid, $6::int4, $2::float8, $3::int4)
  ON CONFLICT (webhook_id, tenant_id) DO UPDATE
  SET requests_per_second = excluded.requests_per_second,
      max_concurrent = excluded.max_concurrent
)
UPDATE webhooks SET gated = $4::boolean, ordering = $5::int2
WHERE webhook_id = $1::uuid AND tenant_id = $6::int4;
