-- The webhook of an unfinished delivery ($2 id, of tenant $1), and its bucket.
SELECT webhook_id, bucket FROM windows
WHERE window_id = $2::uuid AND tenant_id = $1::int4;
