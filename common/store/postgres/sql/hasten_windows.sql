-- Makes deliveries that wait for a retry ($2 ids, of tenant $1) due now. Answers a verdict
-- for each that is in the queue (delivery_control.h). Looked up by the key alone,
-- as in finish_windows.sql.
WITH wanted AS MATERIALIZED (
  SELECT DISTINCT $1::int4 AS tenant_id, v.window_id
  FROM unnest($2::uuid[]) AS v(window_id)
), hastened AS (
  UPDATE windows w SET due_at = now(), timed = true
  FROM wanted
  WHERE w.window_id = wanted.window_id AND w.tenant_id = ANY (ARRAY[wanted.tenant_id])
    AND w.group_key IS NULL AND w.lease_owner IS NULL
    AND (w.due_at > now()) IS TRUE  -- a comparison alone would be a way through an index
)
SELECT w.window_id,
       CASE WHEN w.group_key IS NOT NULL THEN 2
            WHEN w.lease_owner IS NOT NULL THEN 3
            ELSE 0 END::int2,
       w.webhook_id
FROM wanted
JOIN windows w ON w.window_id = wanted.window_id AND w.tenant_id = ANY (ARRAY[wanted.tenant_id]);
