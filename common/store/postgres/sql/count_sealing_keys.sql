-- How many webhooks' secrets are sealed under each key, and some of the webhooks: bytes 2
-- to 5 of a sealed box are the key's id. Deleted webhooks keep theirs.
SELECT substring(secrets FROM 2 FOR 4), count(*), (array_agg(webhook_id::text))[1:3]
FROM webhooks
GROUP BY 1
ORDER BY 1;
