-- The numbers of the composite types $1 of this schema.
SELECT t.name, t.name::regtype::oid::int8 FROM unnest($1::text[]) AS t(name);
