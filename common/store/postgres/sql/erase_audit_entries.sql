-- Erases entries of the audit log before $1, at most $2, oldest first. Answers how many.
WITH old AS MATERIALIZED (
  SELECT a.entry_id, a.tenant_id FROM audit_log a
  WHERE a.entry_id < $1::uuid
  ORDER BY a.entry_id
  LIMIT $2::int4
), gone AS (
  DELETE FROM audit_log a USING old o
  WHERE a.entry_id = o.entry_id AND a.tenant_id = o.tenant_id
)
SELECT count(*) FROM old;
