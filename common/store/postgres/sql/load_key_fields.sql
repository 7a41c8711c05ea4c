-- Lists of key fields ($1 tenants, $2 ids).
SELECT k.tenant_id, k.key_fields_id, k.fields
FROM unnest($1::int4[], $2::int4[]) AS v(tenant_id, key_fields_id)
JOIN key_field_sets k
  ON k.tenant_id = v.tenant_id AND k.key_fields_id = v.key_fields_id;
