-- One event of a tenant.
SELECT 0::int4, tenant_id, escmsg_id, received_at, occurred_at, event_id, type,
       object_type, object_id, message, agent_id, object, previous, action, linked,
       key_fields_id, origin_webhook_id, hops
FROM events
WHERE tenant_id = $1::int4 AND escmsg_id = $2::int8;
