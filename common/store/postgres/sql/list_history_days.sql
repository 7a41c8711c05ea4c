-- The days of history that there are, oldest first: the table's name, whose day it is, its
-- beginning, and how it hangs there: 0 by itself, 1 as a partition, 2 half detached.
SELECT c.relname::text, left(c.relname, -10)::text,
       to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC',
       CASE WHEN i.inhrelid IS NULL THEN 0 WHEN i.inhdetachpending THEN 2 ELSE 1 END::int2
FROM pg_class c
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
  AND c.relname ~ '^(events|event_keys|deliveries|attempts|delivery_bodies|delivery_changes|stats_minutes|stats_hours)_p[0-9]{8}$'
ORDER BY 3, 1;
