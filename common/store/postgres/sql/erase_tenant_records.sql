-- Erases a tenant's ($1) finished deliveries before $2, at most $3, with all that belongs
-- to them. Answers how many.
WITH old AS MATERIALIZED (
  SELECT d.delivery_id FROM deliveries d
  WHERE d.tenant_id = $1::int4 AND d.delivery_id < $2::uuid
  ORDER BY d.delivery_id
  LIMIT $3::int4
), bodies AS (
  DELETE FROM delivery_bodies b USING old o
  WHERE b.delivery_id = o.delivery_id AND b.tenant_id = $1::int4
), tries AS (
  DELETE FROM attempts a USING old o
  WHERE a.delivery_id = o.delivery_id AND a.tenant_id = $1::int4
), records AS (
  DELETE FROM deliveries d USING old o
  WHERE d.delivery_id = o.delivery_id AND d.tenant_id = $1::int4
)
SELECT count(*) FROM old;
