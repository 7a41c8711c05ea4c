-- The number of the composite type $1 of this schema.
SELECT $1::text::regtype::oid::int8;
