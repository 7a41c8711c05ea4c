-- Takes a type out of the catalogue; events keep the key fields that they name.
DELETE FROM event_types WHERE tenant_id = $1::int4 AND name = $2::text;
