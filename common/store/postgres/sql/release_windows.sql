-- Gives claimed windows back that were not started.
-- Looked up by the key alone, as in finish_windows.sql.
UPDATE windows w
SET due_at = now(), timed = true, lease_owner = NULL, lease_counted = NULL
FROM unnest($1::uuid[], $2::int4[], $3::int4[]) AS h(window_id, tenant_id, lease_seq)
WHERE w.window_id = h.window_id AND w.tenant_id = ANY (ARRAY[h.tenant_id])
  AND w.lease_seq = h.lease_seq
  AND w.lease_owner IS NOT NULL;
