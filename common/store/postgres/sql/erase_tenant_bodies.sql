-- Erases bodies and answers of a tenant's ($1) finished deliveries from $2 to $3, of at most
-- $4 of them, and remembers how far it got. Answers how many deliveries it went through,
-- and the last of them.
WITH old AS MATERIALIZED (
  SELECT d.delivery_id FROM deliveries d
  WHERE d.tenant_id = $1::int4 AND d.delivery_id > $2::uuid AND d.delivery_id < $3::uuid
  ORDER BY d.delivery_id
  LIMIT $4::int4
), bodies AS (
  DELETE FROM delivery_bodies b USING old o
  WHERE b.delivery_id = o.delivery_id AND b.tenant_id = $1::int4
), answers AS (
  UPDATE attempts a SET response_headers = NULL, response_body = NULL
  FROM old o
  WHERE a.delivery_id = o.delivery_id AND a.tenant_id = $1::int4
    AND (a.response_headers IS NOT NULL OR a.response_body IS NOT NULL)
), last AS (
  SELECT o.delivery_id FROM old o ORDER BY o.delivery_id DESC LIMIT 1
), remembered AS (
  UPDATE history_floors f SET bodies_erased_to = last.delivery_id
  FROM last WHERE f.tenant_id = $1::int4
)
SELECT (SELECT count(*) FROM old), (SELECT last.delivery_id FROM last);
