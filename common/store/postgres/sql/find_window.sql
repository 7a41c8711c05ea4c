-- The webhook of an unfinished delivery ($2 id, of tenant $1), its bucket and its order key.
SELECT webhook_id, bucket, order_key FROM windows
WHERE window_id = $2::uuid AND tenant_id = $1::int4;
