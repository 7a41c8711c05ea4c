-- Partitions from yesterday to $1 days ahead, where no other process is at it.
SELECT CASE WHEN pg_try_advisory_xact_lock(7471, 1)
            THEN windrow_make_partitions((now() AT TIME ZONE 'UTC')::date - 1, $1::int4 + 2)
            ELSE -1 END;
