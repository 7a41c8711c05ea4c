-- A tenant's whole catalogue, as publishing needs it.
SELECT t.name, t.origin, t.key_fields_id, k.fields
FROM event_types t LEFT JOIN key_field_sets k USING (tenant_id, key_fields_id)
WHERE t.tenant_id = $1::int4;
