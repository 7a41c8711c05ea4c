-- Locks the gates of webhooks ($1), without those that another claim holds, and says what
-- they let in. A disabled webhook has no limit: what it has left is cancelled.
SELECT g.webhook_id, g.requests_per_second, g.max_concurrent, g.empty_at, now(),
       h.enabled AND h.deleted_at IS NULL
FROM gates g JOIN webhooks h ON h.webhook_id = g.webhook_id
WHERE g.webhook_id = ANY ($1::uuid[])
ORDER BY g.webhook_id
FOR UPDATE OF g SKIP LOCKED;
