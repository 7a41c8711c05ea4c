-- Leaves word that a webhook was disabled, for whoever publishes it.
INSERT INTO notices (tenant_id, webhook_id, webhook_version, webhook_name, reason)
VALUES ($1::int4, $2::uuid, $3::int4, $4::text, $5::text);
