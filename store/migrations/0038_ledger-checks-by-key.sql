-- A session keeps the plan of a check: one made while the ledger was empty would read all of it for every row. Hence
-- no sequential scans, and accounts by key instead of in a join.
CREATE OR REPLACE FUNCTION check_ledger_balance() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  IF (SELECT sum(e.amount) <> 0
        OR count(DISTINCT (SELECT a.currency FROM ledger_accounts a WHERE a.id = e.account_id)) > 1
      FROM ledger_entries e WHERE e.transaction_id = NEW.transaction_id) THEN
    RAISE EXCEPTION 'ledger transaction % does not balance', NEW.transaction_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
ALTER FUNCTION check_bill_overpaid() SET enable_seqscan = off;
--> statement-breakpoint
ALTER FUNCTION check_charge_due() SET enable_seqscan = off;
--> statement-breakpoint
ALTER FUNCTION check_bill_sum() SET enable_seqscan = off;
