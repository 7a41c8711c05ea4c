-- One operation of a tenant.
SELECT operation_id, tenant_id, kind, state, filter, webhook_id, dry_run, max_per_second,
       request_id, counted, position, states, redelivered, skipped, failures, error,
       lease_seq, created_at, updated_at, finished_at
FROM operations WHERE tenant_id = $1::int4 AND operation_id = $2::uuid;
