-- Locks the gates of webhooks ($1 tenants, $2 ids): no claim of theirs is under way from
-- here on. In one order, so that no two wait for each other.
SELECT g.webhook_id
FROM unnest($1::int4[], $2::uuid[]) AS v(tenant_id, webhook_id)
JOIN gates g ON g.webhook_id = v.webhook_id AND g.tenant_id = v.tenant_id
ORDER BY g.webhook_id FOR UPDATE OF g;
