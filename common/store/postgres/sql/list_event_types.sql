-- A tenant's event types behind a name; without one, from the first.
SELECT t.tenant_id, t.name, t.version, t.origin, t.description, t.object_type,
       k.fields, t.single_select_fields, t.example, t.created_at, t.updated_at
FROM event_types t LEFT JOIN key_field_sets k USING (tenant_id, key_fields_id)
WHERE t.tenant_id = $1::int4 AND ($2::text IS NULL OR t.name > $2::text)
ORDER BY t.name
LIMIT $3::int4;
