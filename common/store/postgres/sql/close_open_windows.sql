-- Closes the open windows of a webhook ($1 tenant, $2 id) at once, with what they hold.
UPDATE windows SET group_key = NULL, due_at = now()
WHERE tenant_id = $1::int4 AND webhook_id = $2::uuid AND group_key IS NOT NULL;
