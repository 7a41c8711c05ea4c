-- A tenant's operations before $2, newest first.
SELECT operation_id, tenant_id, kind, state, filter, webhook_id, dry_run, max_per_second,
       request_id, counted, position, states, redelivered, skipped, failures, error,
       lease_seq, created_at, updated_at, finished_at
FROM operations
WHERE tenant_id = $1::int4
  AND operation_id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
ORDER BY operation_id DESC LIMIT $3::int4;
