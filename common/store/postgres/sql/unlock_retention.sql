-- Gives back what lock_retention.sql took.
SELECT pg_advisory_unlock(7471, 2);
