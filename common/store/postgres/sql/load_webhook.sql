-- One webhook as a sender needs it, deleted or not.
SELECT webhook_id, tenant_id, version, spec::text, secrets, created_at, updated_at,
       failing_since, failures, disable_reason
FROM webhooks
WHERE webhook_id = $1::uuid AND tenant_id = $2::int4;
