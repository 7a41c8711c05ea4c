-- Stores published events, byte for byte.
INSERT INTO events (tenant_id, escmsg_id, received_at, occurred_at, event_id, type,
                    object_type, object_id, message, agent_id, object, previous, action,
                    linked, key_fields_id, origin_webhook_id, hops)
SELECT e.tenant_id, e.escmsg_id, now(),
       coalesce('2000-01-01 UTC'::timestamptz + e.occurred_us * interval '1 microsecond',
                now()),
       e.event_id, e.type, e.object_type, e.object_id, e.message, e.agent_id, e.object,
       e.previous, e.action, e.linked, e.key_fields_id, e.origin_webhook_id, e.hops
FROM unnest($1::windrow_event[]) AS e;
