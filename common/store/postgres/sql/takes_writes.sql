-- Whether a transaction that is begun now may write.
SELECT NOT current_setting('transaction_read_only')::boolean;
