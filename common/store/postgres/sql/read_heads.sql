-- Current versions of webhooks ($1 tenants, $2 ids), and whether they may send.
SELECT h.webhook_id, h.version, h.enabled AND h.deleted_at IS NULL
FROM unnest($1::int4[], $2::uuid[]) AS v(tenant_id, webhook_id)
JOIN webhooks h ON h.webhook_id = v.webhook_id AND h.tenant_id = v.tenant_id;
