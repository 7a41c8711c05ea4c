-- A tenant's webhooks below an id, newest first.
SELECT webhook_id, tenant_id, version, spec::text, secrets, created_at, updated_at,
       failing_since, failures, disable_reason
FROM webhooks
WHERE tenant_id = $1::int4 AND deleted_at IS NULL AND webhook_id < $2::uuid
ORDER BY webhook_id DESC
LIMIT $3::int4;
