-- Replaces a webhook's spec; the version grows by one.
UPDATE webhooks
SET version = version + 1, name = $2::text, spec = $3::text::json, secrets = $4::bytea,
    enabled = $5::boolean, timeout_ms = $6::int4, updated_at = now()
WHERE webhook_id = $1::uuid
RETURNING version, created_at, updated_at;
