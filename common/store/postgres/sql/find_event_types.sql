-- Of these names ($2), those that a tenant's catalogue holds.
SELECT t.tenant_id, t.name, t.version, t.origin, t.description, t.object_type,
       k.fields, t.single_select_fields, t.example, t.created_at, t.updated_at
FROM event_types t LEFT JOIN key_field_sets k USING (tenant_id, key_fields_id)
WHERE t.tenant_id = $1::int4 AND t.name = ANY ($2::text[])
ORDER BY t.name;
