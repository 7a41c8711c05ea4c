-- Locks the gates of webhooks ($1): no claim of theirs is under way from here on. In one
-- order, so that no two wait for each other.
SELECT webhook_id FROM gates WHERE webhook_id = ANY ($1::uuid[])
ORDER BY webhook_id FOR UPDATE;
