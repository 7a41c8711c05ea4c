-- Wakes workers that sleep: $1 names the webhooks, or is '*'.
SELECT pg_notify('windrow_due', $1::text);
