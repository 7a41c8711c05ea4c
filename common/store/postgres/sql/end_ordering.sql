-- Lets the windows of a webhook ($1 bucket, $2 id, $3 tenant), whose gate is held, go in
-- any order. Those that are leased keep their keys, which mean nothing then: a record may
-- hold them, and wait for the row of the webhook.
-- The tenant is said four times over as in claim_windows.sql.
UPDATE windows w
SET order_key = NULL, order_number = NULL,
    due_at = CASE WHEN w.due_at = 'infinity' THEN now() ELSE w.due_at END,
    timed = w.timed OR w.due_at = 'infinity'
WHERE w.tenant_id IN ($3::int4, $3::int4, $3::int4, $3::int4)
  AND w.bucket = $1::int2 AND w.webhook_id = $2::uuid
  AND w.order_key IS NOT NULL AND w.lease_owner IS NULL;
