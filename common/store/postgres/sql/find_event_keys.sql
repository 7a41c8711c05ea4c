-- Which of the publishers' ids ($1 tenants, $2 ids) are known, and their first number.
-- Ids are remembered for three days at least.
SELECT k.position::int4, f.escmsg_id
FROM unnest($1::int4[], $2::text[]) WITH ORDINALITY AS k(tenant_id, event_id, position)
CROSS JOIN LATERAL (
  SELECT e.escmsg_id FROM event_keys e
  WHERE e.tenant_id = k.tenant_id AND e.event_id = k.event_id
    AND e.day BETWEEN (now() AT TIME ZONE 'UTC')::date - 3
                  AND (now() AT TIME ZONE 'UTC')::date + 1
  LIMIT 1
) AS f;
