-- Makes deliveries that wait for a retry ($2 ids, of tenant $1) due now. Answers a verdict
-- for each that is in the queue (delivery_control.h).
WITH hastened AS (
  UPDATE windows w SET due_at = now(), timed = true
  WHERE w.window_id = ANY ($2::uuid[]) AND w.tenant_id = $1::int4
    AND w.group_key IS NULL AND w.lease_owner IS NULL AND w.due_at > now()
)
SELECT w.window_id,
       CASE WHEN w.group_key IS NOT NULL THEN 2
            WHEN w.lease_owner IS NOT NULL THEN 3
            ELSE 0 END::int2,
       w.webhook_id
FROM windows w
WHERE w.window_id = ANY ($2::uuid[]) AND w.tenant_id = $1::int4;
