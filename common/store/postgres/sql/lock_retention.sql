-- One process at a time, until its transaction ends.
SELECT pg_try_advisory_xact_lock(7471, 2);
