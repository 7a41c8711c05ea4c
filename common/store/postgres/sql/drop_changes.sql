-- Remembers that the log of changes is gone up to place $1.
UPDATE stats_progress SET dropped_to = greatest(dropped_to, $1::int8);
