-- A new list of key fields.
INSERT INTO key_field_sets (tenant_id, fields) VALUES ($1::int4, $2::text[])
RETURNING key_fields_id;
