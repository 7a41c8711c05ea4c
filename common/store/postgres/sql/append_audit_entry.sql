-- One entry of the audit log, at the end of the transaction of the change that it tells of:
-- the time is that of this statement, so that entries of changes that wait for each other
-- are in their order. Answers its id and time.
INSERT INTO audit_log (entry_id, tenant_id, at, actor, action, resource, before, after,
                       changed_secrets)
SELECT windrow_uuid_at(moment.at), $1::int4, moment.at, $2::text, $3::text, $4::text,
       $5::json, $6::json, $7::text[]
FROM (SELECT clock_timestamp() AS at) AS moment
RETURNING entry_id, at;
