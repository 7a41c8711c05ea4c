-- The next webhooks behind $1 whose secrets are sealed under another key than $2, locked
-- until the transaction ends: an update of their profile waits, and seals anew.
SELECT webhook_id, tenant_id, secrets
FROM webhooks
WHERE webhook_id > $1::uuid AND substring(secrets FROM 2 FOR 4) <> $2::bytea
ORDER BY webhook_id
LIMIT $3::int4
FOR UPDATE;
