-- That these keys were used just now. One that another server marks is left to it.
WITH used AS MATERIALIZED (
  SELECT key_id FROM api_keys WHERE key_id = ANY ($1::text[])
  ORDER BY key_id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE api_keys k SET last_used_at = now() FROM used u WHERE k.key_id = u.key_id;
