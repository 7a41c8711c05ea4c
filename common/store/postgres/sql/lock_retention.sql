-- One process at a time, until its transaction ends, which may idle as long as the work
-- takes that is done beside it.
SELECT pg_try_advisory_xact_lock(7471, 2),
       set_config('idle_in_transaction_session_timeout', '0', true);
