-- Up to when changes are counted, and up to when they are by the hour.
SELECT complete_until, hours_to FROM stats_progress;
