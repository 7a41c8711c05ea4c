-- Replaces an event type but for its name; what events or triggers brought is declared
-- from now on.
UPDATE event_types
SET version = version + 1, origin = $3::int2, description = $4::text,
    object_type = $5::text, key_fields_id = $6::int4, single_select_fields = $7::text[],
    example = $8::text, updated_at = now()
WHERE tenant_id = $1::int4 AND name = $2::text
RETURNING version, created_at, updated_at;
