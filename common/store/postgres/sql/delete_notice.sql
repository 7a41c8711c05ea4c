-- Forgets what was published.
DELETE FROM notices WHERE notice_id = $1::int8;
