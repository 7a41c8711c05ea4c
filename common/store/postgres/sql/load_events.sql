-- Events by number and time of receipt; the time leads to one partition. OFFSET 0 keeps
-- this a look-up for each: as a join it may become a scan of a whole day, once for all.
SELECT k.position::int4, e.tenant_id, e.escmsg_id, e.received_at, e.occurred_at, e.event_id,
       e.type, e.object_type, e.object_id, e.message, e.agent_id, e.object, e.previous,
       e.action, e.linked, e.key_fields_id, e.origin_webhook_id, e.hops
FROM unnest($1::int4[], $2::int8[], $3::int8[])
  WITH ORDINALITY AS k(tenant_id, escmsg_id, received_us, position)
CROSS JOIN LATERAL (
  SELECT * FROM events e
  WHERE e.tenant_id = k.tenant_id AND e.escmsg_id = k.escmsg_id
    AND e.received_at = '2000-01-01 UTC'::timestamptz
                        + k.received_us * interval '1 microsecond'
  OFFSET 0
) AS e;
