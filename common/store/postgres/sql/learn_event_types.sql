-- Adds types that events had ($2, of object types $3), while the tenant learns and has
-- fewer than $4; one that a trigger had announced is learned from now on. In order, so
-- that two of these do not wait for each other in a circle.
INSERT INTO event_types (tenant_id, name, origin, object_type)
SELECT $1::int4, seen.name, 3, seen.object_type
FROM (
  SELECT s.name, s.object_type, t.name IS NOT NULL AS known,
         row_number() OVER (PARTITION BY t.name IS NULL ORDER BY s.name) AS place
  FROM (SELECT DISTINCT ON (name) name, object_type
        FROM unnest($2::text[], $3::text[]) AS u(name, object_type)
        ORDER BY name, object_type) AS s
  LEFT JOIN event_types t ON t.tenant_id = $1::int4 AND t.name = s.name
) AS seen
WHERE seen.known
   OR (SELECT learns_event_types FROM tenants WHERE tenant_id = $1::int4)
      AND seen.place <= $4::int4 - (SELECT count(*) FROM event_types
                                    WHERE tenant_id = $1::int4 AND origin IN (3, 4))
ORDER BY seen.name
ON CONFLICT (tenant_id, name) DO UPDATE
SET origin = 3, object_type = excluded.object_type, version = event_types.version + 1,
    updated_at = now()
WHERE event_types.origin = 4;
