-- Lists of key fields.
SELECT key_fields_id, fields FROM key_field_sets WHERE key_fields_id = ANY ($1::int4[]);
