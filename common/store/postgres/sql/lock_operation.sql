-- Locks an operation, where it runs and the lease is still the holder's.
SELECT FROM operations
WHERE tenant_id = $3::int4 AND operation_id = $1::uuid AND lease_seq = $2::int4 AND state = 1
FOR NO KEY UPDATE;
