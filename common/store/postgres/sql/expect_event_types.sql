-- Adds types that triggers name ($2, distinct), while the tenant learns and has fewer than
-- $3.
INSERT INTO event_types (tenant_id, name, origin)
SELECT $1::int4, named.name, 4
FROM (
  SELECT n.name, row_number() OVER (ORDER BY n.name) AS place
  FROM unnest($2::text[]) AS n(name)
  WHERE NOT EXISTS (SELECT FROM event_types t
                    WHERE t.tenant_id = $1::int4 AND t.name = n.name)
) AS named
WHERE (SELECT learns_event_types FROM tenants WHERE tenant_id = $1::int4)
  AND named.place <= $3::int4 - (SELECT count(*) FROM event_types
                                 WHERE tenant_id = $1::int4 AND origin IN (3, 4))
ORDER BY named.name
ON CONFLICT DO NOTHING;
