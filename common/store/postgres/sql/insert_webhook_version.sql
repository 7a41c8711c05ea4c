-- Keeps a version's spec for the windows that are rendered with it.
INSERT INTO webhook_versions (webhook_id, version, spec, tenant_id)
VALUES ($1::uuid, $2::int4, $3::text::json, $4::int4);
