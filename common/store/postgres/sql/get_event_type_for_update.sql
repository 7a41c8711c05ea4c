-- Locks one event type: as find_event_types.sql has it, and the id of its list.
SELECT t.tenant_id, t.name, t.version, t.origin, t.description, t.object_type, k.fields,
       t.single_select_fields, t.example, t.created_at, t.updated_at, t.key_fields_id
FROM event_types t LEFT JOIN key_field_sets k USING (tenant_id, key_fields_id)
WHERE t.tenant_id = $1::int4 AND t.name = $2::text
FOR UPDATE OF t;
