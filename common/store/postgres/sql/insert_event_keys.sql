-- Takes the publishers' ids. One that is taken already is a unique violation, and the
-- transaction begins anew. Keys are unique within a day's partition only, so in the
-- minute before and after midnight they are written on both sides. Sorted, so that two
-- servers do not wait for each other in a circle.
INSERT INTO event_keys (tenant_id, event_id, day, escmsg_id)
SELECT k.tenant_id, k.event_id, d.day, k.escmsg_id
FROM unnest($1::int4[], $2::text[], $3::int8[]) AS k(tenant_id, event_id, escmsg_id)
CROSS JOIN (SELECT (now() AT TIME ZONE 'UTC' - interval '1 minute')::date AS day
            UNION SELECT (now() AT TIME ZONE 'UTC' + interval '1 minute')::date) AS d
ORDER BY k.tenant_id, k.event_id, d.day;
