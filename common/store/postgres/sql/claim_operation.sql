-- Takes one running operation whose step is due, for $1 milliseconds.
UPDATE operations SET lease_seq = lease_seq + 1,
                      next_at = now() + $1::int4 * interval '1 millisecond'
WHERE (tenant_id, operation_id) = (
  SELECT tenant_id, operation_id FROM operations
  WHERE state = 1 AND next_at <= now()
  ORDER BY next_at LIMIT 1
  FOR NO KEY UPDATE SKIP LOCKED)
RETURNING operation_id, tenant_id, kind, state, filter, webhook_id, dry_run, max_per_second,
          request_id, counted, position, states, redelivered, skipped, failures, error,
          lease_seq, created_at, updated_at, finished_at;
