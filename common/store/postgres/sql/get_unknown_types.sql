-- Whether a tenant learns event types.
SELECT learns_event_types FROM tenants WHERE tenant_id = $1::int4;
