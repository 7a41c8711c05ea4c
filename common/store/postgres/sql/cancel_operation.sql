-- Ends a running operation of a tenant; waits for a step that is being applied.
UPDATE operations SET state = 4, finished_at = now(), updated_at = now()
WHERE tenant_id = $1::int4 AND operation_id = $2::uuid AND state = 1
RETURNING operation_id, tenant_id, kind, state, filter, webhook_id, dry_run, max_per_second,
          request_id, counted, position, states, redelivered, skipped, failures, error,
          lease_seq, created_at, updated_at, finished_at;
