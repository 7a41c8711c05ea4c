-- A deleted webhook stays, for the records that name it.
UPDATE webhooks SET version = version + 1, enabled = false, deleted_at = now()
WHERE webhook_id = $1::uuid AND tenant_id = $2::int4;
