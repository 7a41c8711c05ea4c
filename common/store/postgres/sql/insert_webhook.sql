-- A new webhook, version 1.
INSERT INTO webhooks (webhook_id, tenant_id, bucket, version, name, spec, secrets, enabled,
                      timeout_ms, disable_after_ms, disable_failures, url, event_types,
                      label_keys, label_values)
VALUES ($1::uuid, $2::int4, $3::int2, 1, $4::text, $5::text::json, $6::bytea,
        $7::boolean, $8::int4, $9::int8, $10::int4, $11::text, $12::text[], $13::text[],
        $14::text[])
RETURNING created_at, updated_at;
