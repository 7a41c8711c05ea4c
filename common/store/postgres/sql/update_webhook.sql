-- Replaces a webhook's spec; the version grows by one. Enabling it forgets its failures.
UPDATE webhooks
SET version = version + 1, name = $2::text, spec = $3::text::json, secrets = $4::bytea,
    enabled = $5::boolean, timeout_ms = $6::int4, disable_after_ms = $7::int8,
    disable_failures = $8::int4, updated_at = now(),
    failing_since = CASE WHEN $5::boolean AND NOT enabled THEN NULL ELSE failing_since END,
    failures = CASE WHEN $5::boolean AND NOT enabled THEN 0 ELSE failures END,
    disable_reason = CASE WHEN $5::boolean THEN NULL
                          ELSE coalesce($9::text, disable_reason) END,
    url = $10::text, event_types = $11::text[], label_keys = $12::text[],
    label_values = $13::text[]
WHERE webhook_id = $1::uuid AND tenant_id = $14::int4
RETURNING version, created_at, updated_at, failing_since, failures, disable_reason;
