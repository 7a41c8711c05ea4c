-- One transaction at a time adds learned types to a tenant's catalogue, so that their
-- number keeps its limit.
SELECT pg_advisory_xact_lock(7471, $1::int4);
