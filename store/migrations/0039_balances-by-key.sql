-- For the reason of the checks by key: this runs with every booking, and reads the accounts of that booking only.
ALTER FUNCTION keep_prepaid_balances() SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off;
