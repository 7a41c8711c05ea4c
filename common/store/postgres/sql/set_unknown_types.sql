-- Sets whether a tenant learns event types.
UPDATE tenants SET learns_event_types = $2::boolean WHERE tenant_id = $1::int4
RETURNING tenant_id;
