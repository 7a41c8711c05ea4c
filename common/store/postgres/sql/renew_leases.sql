-- Moves the end of leases that are still held to $4 ms from now. Answers which those are.
-- Looked up by the key alone, as in finish_windows.sql.
UPDATE windows w
SET due_at = now() + $4::int8 * interval '1 millisecond'
FROM unnest($1::uuid[], $2::int4[], $3::int4[]) AS h(window_id, tenant_id, lease_seq)
WHERE w.window_id = h.window_id AND w.tenant_id = ANY (ARRAY[h.tenant_id])
  AND w.lease_seq = h.lease_seq
  AND w.lease_owner IS NOT NULL
RETURNING w.window_id, w.lease_seq;
