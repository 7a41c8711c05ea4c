-- A new operation, or nothing where the tenant has one with its request_id, or runs $9 of
-- them. The tenant's row is held, so that two at once count each other.
WITH tenant AS MATERIALIZED (
  SELECT tenant_id FROM tenants WHERE tenant_id = $2::int4 FOR NO KEY UPDATE
)
INSERT INTO operations (operation_id, tenant_id, kind, filter, webhook_id, dry_run,
                        max_per_second, request_id)
SELECT $1::uuid, t.tenant_id, $3::int2, $4::text, $5::uuid, $6::boolean, $7::int4, $8::text
FROM tenant t
WHERE (SELECT count(*) FROM operations o
       WHERE o.tenant_id = t.tenant_id AND o.state = 1) < $9::int4
ON CONFLICT (tenant_id, request_id) WHERE request_id IS NOT NULL DO NOTHING
RETURNING operation_id, tenant_id, kind, state, filter, webhook_id, dry_run, max_per_second,
          request_id, counted, position, states, redelivered, skipped, failures, error,
          lease_seq, created_at, updated_at, finished_at;
