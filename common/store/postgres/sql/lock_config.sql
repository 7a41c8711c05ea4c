-- Waits for publish transactions of the tenant that matched against the configuration
-- before, and holds off new ones until the transaction ends.
SELECT pg_advisory_xact_lock(7470, $1::int4);
