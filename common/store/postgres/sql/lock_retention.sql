-- One process at a time, for as long as its connection lives or until it unlocks.
SELECT pg_try_advisory_lock(7471, 2);
