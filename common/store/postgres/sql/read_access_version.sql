-- How often keys were changed, and whether there is any, revoked ones included.
SELECT version, EXISTS (SELECT FROM api_keys) FROM access_version;
