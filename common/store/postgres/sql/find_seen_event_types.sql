-- Of these names, those that the catalogue holds and not only expects.
SELECT name FROM event_types
WHERE tenant_id = $1::int4 AND name = ANY ($2::text[]) AND origin <> 4;
