-- A new, declared event type, while a tenant has fewer than $9 that nobody but people and
-- Windrow brought.
INSERT INTO event_types (tenant_id, name, origin, description, object_type, key_fields_id,
                         single_select_fields, example)
SELECT $1::int4, $2::text, $3::int2, $4::text, $5::text, $6::int4, $7::text[], $8::text
WHERE (SELECT count(*) FROM event_types
       WHERE tenant_id = $1::int4 AND origin IN (1, 2)) < $9::int4
RETURNING version, created_at, updated_at;
