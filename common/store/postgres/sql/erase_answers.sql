-- Erases what endpoints answered to attempts of deliveries from $1 to $2, at most $3 of
-- them. Answers how many, and the last one's delivery.
WITH old AS MATERIALIZED (
  SELECT a.delivery_id, a.lease_seq, a.tenant_id FROM attempts a
  WHERE a.delivery_id >= $1::uuid AND a.delivery_id < $2::uuid
    AND (a.response_headers IS NOT NULL OR a.response_body IS NOT NULL)
  ORDER BY a.delivery_id, a.lease_seq
  LIMIT $3::int4
), erased AS (
  UPDATE attempts a SET response_headers = NULL, response_body = NULL
  FROM old o
  WHERE a.delivery_id = o.delivery_id AND a.lease_seq = o.lease_seq
    AND a.tenant_id = o.tenant_id
)
SELECT (SELECT count(*) FROM old),
       (SELECT o.delivery_id FROM old o ORDER BY o.delivery_id DESC LIMIT 1);
