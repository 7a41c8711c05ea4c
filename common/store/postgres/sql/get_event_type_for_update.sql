-- Locks one event type.
SELECT t.version, t.origin, t.key_fields_id, k.fields
FROM event_types t LEFT JOIN key_field_sets k USING (key_fields_id)
WHERE t.tenant_id = $1::int4 AND t.name = $2::text
FOR UPDATE OF t;
