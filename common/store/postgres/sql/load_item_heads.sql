-- What lists show of items: type and object of events, by number and time of receipt.
SELECT k.position::int4, e.type, e.object_id
FROM unnest($1::int4[], $2::int8[], $3::int8[])
  WITH ORDINALITY AS k(tenant_id, escmsg_id, received_us, position)
CROSS JOIN LATERAL (
  SELECT e.type, e.object_id FROM events e
  WHERE e.tenant_id = k.tenant_id AND e.escmsg_id = k.escmsg_id
    AND e.received_at = '2000-01-01 UTC'::timestamptz
                        + k.received_us * interval '1 microsecond'
  OFFSET 0
) AS e;
