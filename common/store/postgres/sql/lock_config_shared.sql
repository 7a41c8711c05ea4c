-- Holds off changes of these tenants' configuration until the transaction ends. A
-- statement of its own: what follows must see what was committed while it waited.
SELECT pg_advisory_xact_lock_shared(7470, t) FROM unnest($1::int4[]) AS t;
