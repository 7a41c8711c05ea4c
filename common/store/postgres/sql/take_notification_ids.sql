-- Reserves $2 trigger numbers of a tenant; answers the first.
UPDATE tenants SET next_notification_id = next_notification_id + $2::int4
WHERE tenant_id = $1::int4
RETURNING next_notification_id - $2::int4;
