-- Locks the gates of webhooks ($1 tenants, $2 ids), without those that another claim
-- holds, and says what they let in. A disabled webhook has no limit: what it has left is
-- cancelled.
SELECT g.webhook_id, g.requests_per_second, g.max_concurrent, g.empty_at, now(),
       h.enabled AND h.deleted_at IS NULL
FROM unnest($1::int4[], $2::uuid[]) AS v(tenant_id, webhook_id)
JOIN gates g ON g.webhook_id = v.webhook_id AND g.tenant_id = v.tenant_id
JOIN webhooks h ON h.webhook_id = v.webhook_id AND h.tenant_id = v.tenant_id
ORDER BY g.webhook_id
FOR UPDATE OF g SKIP LOCKED;
