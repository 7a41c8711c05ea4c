-- Whether a tenant ($2) has this delivery ($1), finished or not.
SELECT EXISTS (SELECT FROM windows WHERE window_id = $1::uuid AND tenant_id = $2::int4)
    OR EXISTS (SELECT FROM deliveries WHERE delivery_id = $1::uuid AND tenant_id = $2::int4);
